"""How old the data of a replica are, by what its sidecar sees."""

import pytest

from kuberedis_core.members import MemberAddress, Members
from kuberedis_sidecar.replication.lag import ReplicationLag
from kuberedis_sidecar.replication.observation import NodeInfo, Observation, SentinelView

MEMBERS = Members(tuple(MemberAddress(name=name, host=f"10.0.0.{name}", redis_port=6379, sentinel_port=26379) for name in "012"))


def seen(own: int | None, primary: int | None, role: str = "replica") -> Observation:
    """Member 1 at offset `own`, and the primary, member 0; None where one does not answer."""
    nodes = {}
    if own is not None:
        nodes["1"] = NodeInfo(role="primary" if role == "primary" else "replica", replid="a", offset=own)
    if primary is not None:
        nodes["0"] = NodeInfo(role="primary", replid="a", offset=primary)
    view = SentinelView(primary=("10.0.0.0", 6379))
    return Observation(me="1", members=MEMBERS, nodes=nodes, sentinels=dict.fromkeys("012", view))


@pytest.mark.parametrize(
    ("looks", "seconds"),
    [
        # Time, own offset, offset of the primary.
        ([(0, 10, 10)], 0),
        ([(0, 10, 20)], 0),
        ([(0, 10, 20), (3, 10, 20)], 3),
        ([(0, 10, 20), (3, 20, 20)], 0),
        ([(0, 10, 20), (3, 15, 30), (5, 20, 40)], 2),
        ([(0, 10, 20), (3, 15, 30), (5, 30, 40), (6, 30, None)], 1),
        ([(0, 10, 20), (9, 10, None)], 9),
        ([(0, 10, None)], None),
        ([(0, None, 10)], None),
        ([(0, 10, 20), (5, None, 20), (6, 10, 20)], 0),
        # Another primary begins at a lower offset.
        ([(0, 10, 900), (5, 10, 10)], 0),
    ],
)
def test_lag_is_the_time_since_the_primary_was_first_seen_further(
    looks: list[tuple[float, int | None, int | None]], seconds: float | None
) -> None:
    lag = ReplicationLag()
    for now, own, primary in looks:
        lag.see(seen(own, primary), now)
    assert lag.seconds == seconds


def test_a_primary_has_none() -> None:
    lag = ReplicationLag()
    lag.see(seen(10, 20), 0)
    lag.see(seen(10, None, role="primary"), 5)
    assert lag.seconds is None


def test_what_is_remembered_is_bounded_from_the_oldest_on() -> None:
    lag = ReplicationLag()
    for now in range(5000):
        lag.see(seen(1, 10 + now), now)
    assert lag.seconds == 4999
    lag.see(seen(2000, 5010), 5000)
    assert lag.seconds == 0
