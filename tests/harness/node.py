"""Node's own test runner over the files of tests/sdk/node, which use the JavaScript SDKs unmodified."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SOURCE = Path(__file__).parents[1] / "sdk" / "node"
# For one file; the longest takes five.
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class NodeTests:
    """The files, in a folder with the locked packages installed."""

    folder: Path

    def run(self, *files: str, url: str, token: str) -> None:
        """Run files, one after the other, against an instance.

        Raises:
            AssertionError: A test failed or was skipped, or there was none.
        """
        environment = {"UPSTASH_REDIS_REST_URL": url, "UPSTASH_REDIS_REST_TOKEN": token}
        command = ["node", "--test", "--test-concurrency=1", "--test-reporter=tap", *files]
        report = _run(command, self.folder, _TIMEOUT_SECONDS * len(files), **environment)
        counts = dict(re.findall(r"^# (\w+) (\d+)$", report, re.MULTILINE))
        assert int(counts["tests"]) >= len(files), report
        assert counts["skipped"] == counts["todo"] == "0", report


FILES = sorted(path.name for path in _SOURCE.glob("*.test.js"))
"""The names of the test files, one for each subject."""


def install(folder: Path) -> NodeTests:
    """Copy the files to `folder`, which must not exist, and install the locked packages there."""
    shutil.copytree(_SOURCE, folder, ignore=shutil.ignore_patterns("node_modules"))
    _run(["npm", "ci", "--ignore-scripts"], folder, _TIMEOUT_SECONDS)
    return NodeTests(folder)


def _run(command: list[str], folder: Path, limit_seconds: float, **environment: str) -> str:
    program = shutil.which(command[0])
    assert program, f"{command[0]} is not installed"
    done = subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=limit_seconds,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
    return done.stdout
