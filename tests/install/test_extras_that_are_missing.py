"""Without an extra, as `pip install kuberedis-gateway` leaves it, every program says which one is missing and how to install it."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.install.manifests import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROGRAMS = PYPROJECT["project"]["scripts"]
EXTRAS = {
    "kuberedis-dashboard": ["dashboard"],
    "kuberedis-operator": ["operator"],
    "kuberedis-sidecar": ["sidecar"],
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has this distribution and no other."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    [site] = folder.glob("lib/python*/site-packages")
    parts = PYPROJECT["tool"]["setuptools"]["packages"]["find"]["where"]
    (site / "distribution.pth").write_text("".join(f"{ROOT / part}\n" for part in parts))
    return folder / "bin/python"


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_a_program_without_its_extra_says_how_to_install_it(program: str, python: Path) -> None:
    module, _, function = PROGRAMS[program].partition(":")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    code = f"from {module} import {function}; {function}()"
    done = subprocess.run([python, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(f"{program}: {program} needs the package ")
    commands = [f"pip install 'kuberedis-gateway[{extra}]'" for extra in EXTRAS.get(program, ["local", "cluster"])]
    assert line.endswith(f"install it with: {' or '.join(commands)}")
