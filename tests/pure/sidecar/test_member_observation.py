"""Replies of Redis and Sentinel as values, and replies that are none: nothing of them is believed."""

from dataclasses import replace

import pytest

from kuberedis_core.members import MemberAddress, Members
from kuberedis_sidecar.errors import ErrorReply
from kuberedis_sidecar.replication.observation import (
    NodeInfo,
    Observation,
    ReplicaState,
    SentinelView,
    UnexpectedReply,
    node_info,
    replica_states,
    sentinel_view,
)
from kuberedis_sidecar.replication.primary_changes import PrimaryChanges
from kuberedis_sidecar.replication.report import member_report

ID, ID2 = "a" * 40, "b" * 40
PRIMARY = f"""# Replication\r
role:master\r
connected_slaves:1\r
slave0:ip=10.0.0.2,port=6379,state=online,offset=99,lag=0\r
master_replid:{ID}\r
master_replid2:{ID2}\r
master_repl_offset:100\r
second_repl_offset:51\r
"""
REPLICA = f"""# Replication\r
role:slave\r
master_host:10.0.0.1\r
master_port:6379\r
master_link_status:down\r
master_sync_in_progress:0\r
slave_repl_offset:90\r
master_link_down_since_seconds:3\r
slave_priority:100\r
master_replid:{ID}\r
master_replid2:{"0" * 40}\r
master_repl_offset:80\r
second_repl_offset:-1\r
"""
MASTER = ["name", "cache", "ip", "10.0.0.1", "port", "6379", "flags", "master,s_down", "config-epoch", "7"]


def pairs(*texts: str) -> list[bytes]:
    return [text.encode() for text in texts]


def test_primary_is_read() -> None:
    assert node_info(PRIMARY.encode(), 12) == NodeInfo(
        role="primary", replid=ID, replid2=ID2, second_offset=51, offset=100, keys=12, eligible=True
    )


def test_replica_is_read() -> None:
    node = node_info(REPLICA.encode(), ErrorReply("LOADING Redis is loading the dataset in memory"))
    assert node == NodeInfo(role="replica", replid=ID, offset=90, keys=None, follows=("10.0.0.1", 6379), was_linked=True, eligible=True)
    assert node.fresh
    assert not node.in_sync


@pytest.mark.parametrize(
    "info",
    [
        None,
        7,
        [b"role:master"],
        ErrorReply("NOAUTH Authentication required."),
        b"",
        b"role:master\r\n",
        b"\xff\xfe:\x00" * 1000,
        PRIMARY.replace("second_repl_offset:51", "second_repl_offset:many").encode(),
        PRIMARY.replace("master_repl_offset:100", f"master_repl_offset:{'9' * 5000}").encode(),
        REPLICA.replace("master_port:6379", "master_port:").encode(),
        REPLICA.replace("slave_priority:100\r\n", "").encode(),
    ],
)
def test_what_is_no_info_is_not_believed(info: object) -> None:
    with pytest.raises(UnexpectedReply):
        node_info(info, 1)


@pytest.mark.parametrize(
    "reply", [None, 1, b"master", ErrorReply("ERR No such master with that name"), [], [b"ip"], [b"ip", 1], [[b"ip"], b""]]
)
def test_what_is_no_view_of_sentinel_is_not_believed(reply: object) -> None:
    with pytest.raises(UnexpectedReply):
        sentinel_view(reply)
    if reply != []:
        with pytest.raises(UnexpectedReply):
            replica_states(reply)


def test_views_of_sentinel_are_read() -> None:
    view = sentinel_view(pairs(*MASTER))
    assert view == SentinelView(primary=("10.0.0.1", 6379), epoch=7, flags=frozenset({"master", "s_down"}))
    assert not view.calm
    replica = pairs("ip", "10.0.0.2", "port", "6379", "flags", "slave,disconnected", "slave-priority", "0")
    assert replica_states([replica]) == {("10.0.0.2", 6379): ReplicaState(priority=0, down=True)}


MEMBERS = Members(tuple(MemberAddress(name=name, host=f"10.0.0.{name}", redis_port=6379, sentinel_port=26379) for name in "123"))


def observed(primary: str, *silent: str, me: str = "2") -> Observation:
    """What a member sees when Sentinels name `primary`, which has that role unless it is silent."""
    nodes = {
        member.name: NodeInfo(role="primary", replid=ID, offset=100, eligible=True)
        if member.name == primary
        else NodeInfo(role="replica", replid=ID, offset=90, follows=(f"10.0.0.{primary}", 6379), link_up=True, eligible=True)
        for member in MEMBERS
        if member.name not in silent
    }
    view = SentinelView(primary=(f"10.0.0.{primary}", 6379), epoch=3)
    return Observation(me=me, members=MEMBERS, nodes=nodes, sentinels=dict.fromkeys("123", view))


STEPPED_DOWN = replace(observed("1"), nodes=observed("3").nodes)
"""The primary that Sentinels name follows another one."""
GONE = replace(observed("1", "1"), gone=frozenset("1"))
RESTARTED = replace(observed("1"), nodes={**observed("1").nodes, "1": replace(observed("3").nodes["1"], follows=("127.0.0.1", 1))})
TAKEN_FOR_DOWN = replace(
    observed("1", "1"),
    sentinels={"1": SentinelView(primary=("10.0.0.1", 6379), epoch=3, flags=frozenset({"master", "s_down", "o_down"}))},
)
STILL_A_PRIMARY = replace(observed("3"), nodes={**observed("3").nodes, "1": observed("1").nodes["1"]})
"""Another one is named than the one that was the primary, and that goes on as one."""


def test_replica_says_how_far_it_is_behind() -> None:
    report = member_report(
        observed("1"), {("10.0.0.2", 6379): ReplicaState(100, down=False), ("10.9.9.9", 1): ReplicaState(1, down=True)}, True
    )
    assert (report.role, report.primary, report.linked, report.in_sync, report.offset, report.lag_bytes) == (
        "replica",
        "1",
        True,
        True,
        90,
        10,
    )
    assert (report.sentinel.primary, report.sentinel.epoch, list(report.sentinel.replicas)) == ("1", 3, ["2"])


def test_member_whose_redis_does_not_answer_says_so() -> None:
    report = member_report(observed("1", "2"), {}, True)
    assert (report.role, report.primary, report.linked, report.in_sync, report.eligible) == ("unknown", "1", False, False, False)


@pytest.mark.parametrize(
    ("observations", "count", "last"),
    [
        ([observed("1")], 0, ""),
        ([observed("1"), observed("1", "1"), observed("1")], 0, ""),
        ([observed("1"), observed("3")], 1, "switchover"),
        ([observed("1"), observed("3", "1")], 1, "failover"),
        ([observed("1"), observed("1", "1"), observed("3", "1")], 1, "failover"),
        ([observed("1"), observed("1", "1"), observed("3", "1"), observed("1")], 2, "switchover"),
        ([observed("1", "1"), observed("3")], 0, ""),
        ([observed("1"), STEPPED_DOWN, observed("1", "1"), observed("3")], 1, "switchover"),
        ([observed("1"), observed("1", "1"), STEPPED_DOWN, observed("3")], 1, "switchover"),
        ([observed("1"), TAKEN_FOR_DOWN, STEPPED_DOWN, observed("3")], 1, "failover"),
        ([observed("1"), GONE, observed("3")], 1, "failover"),
        ([observed("1"), RESTARTED, observed("3")], 1, "failover"),
        ([observed("1"), STILL_A_PRIMARY], 1, "failover"),
    ],
)
def test_changes_of_the_primary_are_told_apart(observations: list[Observation], count: int, last: str) -> None:
    changes = PrimaryChanges()
    for seen in observations:
        changes.see(seen)
    assert (changes.count, changes.last) == (count, last)


ALONE = Members(MEMBERS.all[:1])
FOUNDED = Members(MEMBERS.all, founder="1")


@pytest.mark.parametrize(
    ("members", "names", "named"),
    [
        (MEMBERS, {"1": "1"}, None),
        (MEMBERS, {"1": "1", "2": "1"}, "1"),
        (MEMBERS, {"1": "1", "2": "3", "3": "3"}, "3"),
        (ALONE, {"1": "1"}, "1"),
        (FOUNDED, {"1": "1"}, "1"),
        (FOUNDED, {"1": "1", "2": "3", "3": "3"}, "3"),
    ],
)
def test_one_sentinel_suffices_for_a_member_that_is_alone_or_the_founder(
    members: Members, names: dict[str, str], named: str | None
) -> None:
    views = {name: SentinelView(primary=(f"10.0.0.{primary}", 6379), epoch=1) for name, primary in names.items()}
    found = Observation(me="1", members=members, sentinels=views).named
    assert (None if found is None else found.name) == named
