"""How a limit of concurrency is divided between grants."""

import pytest

from kuberedis_core.acl_rule import Scope
from kuberedis_sidecar.auth.acl import FULL, Grant
from kuberedis_sidecar.errors import Limit, TooManyRequests
from kuberedis_sidecar.gateway.shares import Slots, refusal

READ, WRITE = Grant(Scope.READ), Grant(Scope.WRITE)


@pytest.mark.parametrize(
    ("limit", "grant", "used", "used_by_key", "used_by_grant", "reason"),
    [
        (64, READ, 15, 0, 15, None),
        (64, READ, 16, 0, 16, "may have 16 of the 64"),
        (64, READ, 47, 0, 0, None),
        (64, READ, 48, 0, 0, "may have 48 of the 64"),
        (64, READ, 63, 48, 0, None),
        (64, READ, 64, 64, 0, "allows 64"),
        (64, FULL, 63, 0, 0, None),
        (64, FULL, 63, 63, 63, None),
        (64, FULL, 64, 0, 0, "allows 64"),
        (3, READ, 0, 0, 0, None),
        (3, READ, 1, 0, 1, "may have 1 of the 3"),
        (1, READ, 0, 0, 0, None),
        (1, READ, 1, 0, 1, "allows 1"),
    ],
)
def test_one_more_is_refused_past_a_share(
    limit: int, grant: Grant, used: int, used_by_key: int, used_by_grant: int, reason: str | None
) -> None:
    refused = refusal(Limit.SUBSCRIBERS, limit, grant, used, used_by_key, used_by_grant)
    if reason is None:
        assert refused is None
    else:
        assert refused is not None
        assert reason in str(refused)
        assert "limits.maxSubscribers" in str(refused)
        assert refused.limit is Limit.SUBSCRIBERS


def test_part_of_a_worker_is_named_as_one() -> None:
    slots = Slots(Limit.SUBSCRIBERS, 1, workers=2)
    slots.take(FULL)
    with pytest.raises(TooManyRequests, match=r"allows 1 \(limits\.maxSubscribers, divided between 2 workers\)"):
        slots.take(FULL)


def test_slots_are_free_again_once_they_are_given_back() -> None:
    slots = Slots(Limit.REQUESTS, 4)
    slots.take(READ)
    with pytest.raises(TooManyRequests, match="one token"):
        slots.take(READ)
    slots.take(WRITE)
    slots.take(FULL)
    slots.take(FULL)
    with pytest.raises(TooManyRequests, match="allows 4"):
        slots.take(FULL)
    slots.give_back(READ)
    slots.take(READ)
    assert slots.used == 4
