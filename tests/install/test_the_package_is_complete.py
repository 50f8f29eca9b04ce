"""What an installed package has: all that the working copy has, also what is no module, such as templates and scripts of the dashboard."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.install.manifests import ROOT

SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
PARTS = [ROOT / part for part in SETUPTOOLS["packages"]["find"]["where"]]


def packages() -> Iterator[tuple[str, Path]]:
    """Name and folder of each package, as setuptools finds them: a folder without `__init__.py` is none."""
    for part in PARTS:
        for module in part.rglob("__init__.py"):
            yield ".".join(module.parent.relative_to(part).parts), module.parent


def test_every_file_of_a_package_is_a_module_or_declared_as_its_data() -> None:
    declared = SETUPTOOLS["package-data"]
    data = {path for name, folder in packages() for pattern in [*declared["*"], *declared.get(name, ())] for path in folder.glob(pattern)}
    modules = {path for _, folder in packages() for path in folder.glob("*.py")}
    files = {path for part in PARTS for package in part.glob("*/__init__.py") for path in package.parent.rglob("*") if path.is_file()}
    assert sorted(path for path in files - modules - data if "__pycache__" not in path.parts) == []
