"""How often a member that ends tries to hand its role over; time is the test's own."""

import asyncio
from itertools import chain, repeat
from types import SimpleNamespace

import pytest

from kuberedis_core.member_control import ControlReply
from kuberedis_sidecar.replication import departure

DONE = ControlReply(True, "done", primary="cache-1", seconds=0.2)


def refused(reason: str) -> ControlReply:
    """Nothing was done."""
    return ControlReply(False, reason, reason)


@pytest.mark.parametrize(
    ("replies", "tries", "seconds"),
    [
        ([DONE], 1, 0),
        ([refused("not-primary")], 1, 0),
        ([refused("not-in-sync"), refused("failover-in-progress"), DONE], 3, 0.5),
        # Somebody may catch up.
        ([refused("not-in-sync")], 41, 10),
        # Nobody is there, as when all pods end at once.
        ([refused("no-replica")], 9, 2),
        ([refused("no-quorum")], 9, 2),
    ],
)
def test_tries_while_there_is_hope(replies: list[ControlReply], tries: int, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    given, now, count = chain(replies, repeat(replies[-1])), 0.0, 0

    async def switch_over() -> ControlReply:
        nonlocal count
        count += 1
        return next(given)

    async def sleep(duration: float) -> None:
        nonlocal now
        now += duration

    monkeypatch.setattr(departure, "asyncio", SimpleNamespace(sleep=sleep, get_running_loop=lambda: SimpleNamespace(time=lambda: now)))
    assert asyncio.run(departure.hand_over(switch_over)) == replies[-1]
    assert (count, now) == (tries, seconds)
