"""A reader of the documentation: a folder with a running `kuberedis local`, and a shell that has its URL and key."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.command import RunningLocal
from tests.harness.documentation import ROOT
from tests.harness.node import install

_INSTANCE = "user-session-cache"
_COMMAND_SECONDS = 240
"""Go compiles its standard library first where nobody has used it yet."""

collect_ignore = [
    name
    for name, programs in {"test_examples.py": ("curl", "go", "javac", "npm"), "test_site.py": ("npm", "chromium")}.items()
    if not os.environ.get("CI") and not all(shutil.which(program) for program in programs)
]


@dataclass(frozen=True)
class Reader:
    """Somebody who copies examples.

    Args:
        folder: where they are.
        environment: of their shell.
    """

    folder: Path
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """The URL of the instance."""
        return self.environment["URL"]

    @property
    def key(self) -> str:
        """The key of the instance."""
        return self.environment["KEY"]

    def run(self, *command: str, **environment: str) -> str:
        """What a command writes; it has to succeed."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader who has started the sample of the first page."""
    folder = tmp_path_factory.mktemp("reader")
    sample = ROOT / "config/samples/my-cache.yaml"
    running = RunningLocal(("--port", "0", str(sample)), folder, {})
    try:
        ready = running.wait_for("ready", instance=_INSTANCE)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        urls = dict.fromkeys(("URL", "UPSTASH_REDIS_REST_URL", "KV_REST_API_URL"), ready["url"])
        keys = dict.fromkeys(("KEY", "UPSTASH_REDIS_REST_TOKEN", "KV_REST_API_TOKEN"), ready["api_key"])
        yield Reader(folder, os.environ | {"PATH": path} | urls | keys)
    finally:
        running.end()


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages that the JavaScript examples import."""
    return install(tmp_path_factory.mktemp("node") / "packages").folder
