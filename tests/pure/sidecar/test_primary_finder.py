"""Whom commands are sent to: a primary that Sentinels name, or one that went on from the history of the one before."""

from collections.abc import Mapping

import pytest

from kuberedis_core.members import MemberAddress, Members
from kuberedis_sidecar.replication.observation import NodeInfo, Observation, SentinelView
from kuberedis_sidecar.replication.primary_finder import Primary, find

MEMBERS = Members(tuple(MemberAddress(name=name, host=f"10.0.0.{name}", redis_port=6379, sentinel_port=26379) for name in "abc"))


def primary(replid: str, replid2: str = "") -> NodeInfo:
    return NodeInfo(role="primary", replid=replid, replid2=replid2 or "0" * 40)


def replica(replid: str) -> NodeInfo:
    return NodeInfo(role="replica", replid=replid)


def seen(named: str, **nodes: NodeInfo) -> Observation:
    """What is seen when the Sentinels of a, b and c name these members; `-` for one that does not answer."""
    sentinels: Mapping[str, SentinelView] = {
        name: SentinelView(primary=(f"10.0.0.{vote}", 6379)) for name, vote in zip("abc", named, strict=True) if vote != "-"
    }
    return Observation(me="a", members=MEMBERS, nodes=nodes, sentinels=sentinels)


@pytest.mark.parametrize(
    ("observation", "followed", "expected"),
    [
        # Sentinels and role agree.
        (seen("aaa", a=primary("1"), b=replica("1")), None, "a"),
        (seen("a-a", a=primary("1")), None, "a"),
        (seen("bba", a=primary("1"), b=primary("2")), Primary("a", "1"), "b"),
        # They do not.
        (seen("a--", a=primary("1")), None, None),
        (seen("aaa", a=replica("1")), None, None),
        (seen("aaa", b=primary("2")), None, None),
        (seen("---", a=primary("1")), None, None),
        # Promoted out of the history of the one before, whether that is alive or not, and whoever is named yet.
        (seen("aaa", b=primary("2", "1")), Primary("a", "1"), "b"),
        (seen("aaa", a=primary("1"), b=primary("2", "1")), Primary("a", "1"), "b"),
        (seen("aaa", a=primary("1"), b=primary("2", "1")), None, "b"),
        (seen("aaa", a=primary("1"), b=primary("2", "1")), Primary("b", "2"), "b"),
        (seen("aaa", b=primary("2", "1"), c=replica("2")), Primary("b", "2"), "b"),
        (seen("---", b=primary("2", "1")), Primary("a", "1"), "b"),
        # A primary of another history, such as one that was away for a while.
        (seen("a--", b=primary("7", "0")), Primary("a", "1"), "a"),
        (seen("bbb", a=primary("1"), b=primary("2", "1")), Primary("b", "2"), "b"),
        # It does not answer, and nobody took its place.
        (seen("aaa", b=replica("1")), Primary("a", "1"), "a"),
        (seen("bbb", b=replica("1")), Primary("a", "1"), "a"),
        (seen("bbb", a=primary("1"), b=replica("1")), Primary("a", "1"), "a"),
        # It is a replica now, and nobody is known to be the primary.
        (seen("aaa", a=replica("1")), Primary("a", "1"), None),
    ],
)
def test_primary(observation: Observation, followed: Primary | None, expected: str | None) -> None:
    found = find(observation, followed)
    assert (found.name if found is not None else None) == expected


def test_id_of_the_history_is_that_of_now() -> None:
    assert find(seen("aaa", a=primary("2", "1")), Primary("a", "1")) == Primary("a", "2")
