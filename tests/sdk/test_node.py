"""The JavaScript SDKs, unmodified, under Node: each file of ``node/`` is one test, run by Node's own test runner."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.harness.sidecar import Sidecar

_FOLDER = Path(__file__).parent / "node"
_FILES = sorted(path.name for path in _FOLDER.glob("*.test.js"))
# For one file, in seconds. The longest takes five.
_PATIENCE = 60


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of ``node/`` with the locked packages installed."""
    folder = tmp_path_factory.mktemp("node") / "node"
    shutil.copytree(_FOLDER, folder, ignore=shutil.ignore_patterns("node_modules"))
    _run(["npm", "ci", "--ignore-scripts"], folder)
    return folder


@pytest.mark.parametrize("file", _FILES)
def test_javascript_sdk(sidecar: Sidecar, node_folder: Path, file: str) -> None:
    report = _run(
        ["node", "--test", "--test-reporter=tap", file],
        node_folder,
        UPSTASH_REDIS_REST_URL=sidecar.url,
        UPSTASH_REDIS_REST_TOKEN=sidecar.api_key,
    )
    counts = dict(re.findall(r"^# (\w+) (\d+)$", report, re.MULTILINE))
    assert int(counts["tests"]) > 0, report
    assert counts["skipped"] == counts["todo"] == "0", report


def _run(command: list[str], folder: Path, **environment: str) -> str:
    program = shutil.which(command[0])
    assert program, f"{command[0]} is not installed"
    done = subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
    return done.stdout
