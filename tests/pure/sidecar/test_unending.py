"""Work that goes on although a step of it fails."""

import asyncio

import pytest
from structlog.testing import capture_logs

from kuberedis_sidecar import unending


def test_step_that_fails_is_logged_once_and_the_next_ones_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unending, "_PAUSE_SECONDS", 0.0)
    failures = [OSError("a"), OSError("a"), None, OSError("a"), ValueError("b")]
    done: list[int] = []

    async def step() -> None:
        if len(done) == 5:
            raise asyncio.CancelledError
        done.append(len(done))
        failure = failures[done[-1]]
        if failure is not None:
            raise failure

    async def scenario() -> None:
        await asyncio.wait({asyncio.create_task(unending.repeat(step, "cache"))})

    with capture_logs() as lines:
        asyncio.run(scenario())
    assert done == [0, 1, 2, 3, 4]
    assert [(line["event"], line["instance"], line["error"]) for line in lines] == [
        ("background_work_failed", "cache", "OSError"),
        ("background_work_failed", "cache", "OSError"),
        ("background_work_failed", "cache", "ValueError"),
    ]
