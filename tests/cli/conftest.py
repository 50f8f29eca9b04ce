"""`kuberedis local`, started for one test and ended after it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.cli.command import RunningLocal


class StartLocal(Protocol):
    """Start `kuberedis local` with these arguments on a free port; paths are seen from the test's own folder."""

    def __call__(self, *arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> RunningLocal: ...


@pytest.fixture
def start_local(tmp_path: Path) -> Iterator[StartLocal]:
    with ExitStack() as stack:

        def start(*arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> RunningLocal:
            running = RunningLocal(("--port", "0", *arguments), cwd or tmp_path, env or {})
            stack.callback(running.end)
            return running

        yield start
