"""What the status of several members says, and when it is a problem."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kuberedis_core.body import Body
from kuberedis_operator.status.events import transition_events
from kuberedis_operator.status.pod_health import Problem, is_on_lost_node
from kuberedis_operator.status.reconcile_result import ReconcileResult
from kuberedis_operator.status.replication_status import (
    LOST_SECONDS,
    NO_PRIMARY_SECONDS,
    NO_QUORUM_SECONDS,
    ReplicationStatus,
    replication_status,
)
from kuberedis_operator.topology.formation import Formation
from kuberedis_operator.topology.replication import Replication
from tests.operator.members import NAMES, ONE, TWO, ZERO, replication, report, silent

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
MIB = 2**20
NOBODY = Replication(NAMES, {})
ROLL = Problem("Restarting", "my-cache-2 is restarted, because its spec changed")
NO_QUORUM = replication(
    *(report(name, sentinel=report(name).sentinel.__class__(up=True, primary=ZERO, has_quorum=False)) for name in (ZERO, ONE)),
)
DOWN = replication(*(report(name, role="replica", in_sync=False, linked=False, eligible=False) for name in NAMES))
LOST = silent(DOWN, ZERO)


def pod(*, ready: bool = True, containers_ready: bool | None = None, **metadata: Any) -> Body:
    containers_ready = ready if containers_ready is None else containers_ready
    conditions = [{"type": "Ready", "status": str(ready)}, {"type": "ContainersReady", "status": str(containers_ready)}]
    return {"metadata": metadata, "spec": {"nodeName": "node2", "containers": []}, "status": {"conditions": conditions}}


def status_of(
    known: Replication,
    live: Sequence[Body | None] | None = None,
    *,
    seconds: float = 0.0,
    before: dict[str, Any] | None = None,
    **changes: Any,
) -> ReplicationStatus:
    since = {"primary": seconds if known.primary is None else 0.0, "quorum": seconds if not known.has_quorum else 0.0}
    since["whole"] = seconds if not known.is_whole else 0.0
    formation = Formation(replication=known, pods=changes.pop("pods", 3), since=since, **changes)
    return replication_status(formation, live or [pod()] * 3, None, {"primary": ZERO} if before is None else before, "", NOW)


def test_members_in_order() -> None:
    found = status_of(replication())
    assert found.in_order
    assert found.serves
    assert found.replicated[:3] == ("Replicated", True, "InSync")
    assert found.fields["primary"] == ZERO
    assert (found.fields["replicas"], found.fields["inSyncReplicas"]) == (3, 3)


NOT_REPLICATED = {
    "one copies": (replication(report(ONE, in_sync=False)), 0, "ReplicaSyncing", "my-cache-1"),
    "one does not answer": (silent(replication(), TWO), 0, "ReplicaDown", "my-cache-2: no answer; 2 of 3"),
    "one has no Redis": (replication(report(TWO, role="unknown", in_sync=False)), 0, "ReplicaDown", "my-cache-2: Redis does not answer"),
    "Sentinels are alone": (silent(NO_QUORUM, TWO), NO_QUORUM_SECONDS, "NoQuorum", "less than two Sentinels"),
    "nobody answers": (NOBODY, 99, "ReplicaDown", "my-cache-0, my-cache-1, my-cache-2: no answer"),
}


@pytest.mark.parametrize(("known", "seconds", "reason", "message"), NOT_REPLICATED.values(), ids=NOT_REPLICATED)
def test_members_that_do_not_have_all_data(known: Replication, seconds: float, reason: str, message: str) -> None:
    found = status_of(known, seconds=seconds)
    assert (found.replicated.status, found.replicated.reason) == (False, reason)
    assert message in found.replicated.message


LOST_NODE = [pod(), pod(), pod(ready=False, containers_ready=True)]
PROBLEMS: dict[str, tuple[ReplicationStatus, str | None]] = {
    "none": (status_of(replication()), None),
    "a failover is under way": (status_of(DOWN, seconds=NO_PRIMARY_SECONDS - 1), None),
    "it takes longer": (status_of(DOWN, seconds=NO_PRIMARY_SECONDS), "NoPrimary"),
    "the primary does not come back": (status_of(LOST, seconds=LOST_SECONDS), "PrimaryLost"),
    "it may come back": (status_of(LOST, seconds=LOST_SECONDS - 1), "NoPrimary"),
    "it is there, and not the primary": (status_of(DOWN, seconds=LOST_SECONDS), "NoPrimary"),
    "another can be promoted": (status_of(silent(replication(report(ONE)), ZERO), seconds=LOST_SECONDS), "NoPrimary"),
    "Sentinels are alone": (status_of(silent(NO_QUORUM, TWO), seconds=NO_QUORUM_SECONDS), "NoQuorum"),
    "nobody answers the operator": (status_of(NOBODY, seconds=99), None),
    "a node is lost": (status_of(silent(replication(), TWO), LOST_NODE), "NodeLost"),
    "a pod starts": (status_of(silent(replication(), TWO), [pod(), pod(), pod(ready=False)]), None),
}


@pytest.mark.parametrize(("found", "reason"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_problem_is_what_lasts(found: ReplicationStatus, reason: str | None) -> None:
    assert (None if found.problem is None else found.problem.reason) == reason
    assert found.serves == (reason not in ("NoPrimary", "PrimaryLost"))


def test_a_lost_primary_tells_what_to_do() -> None:
    problem = status_of(LOST, seconds=LOST_SECONDS).problem
    assert problem is not None
    for part in ("my-cache-0", "my-cache-1 (offset 100)", "kubectl annotate rhi my-cache cache.yourcompany.com/promote=MEMBER"):
        assert part in problem.message


def test_a_lost_node_tells_what_to_do() -> None:
    problem = status_of(silent(replication(), TWO), LOST_NODE).problem
    assert problem is not None
    for part in ("node2", "my-cache-2", "kubectl taint nodes node2 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"):
        assert part in problem.message


@pytest.mark.parametrize(
    ("found", "is_lost"),
    [
        (pod(), False),
        (pod(ready=False), False),
        (pod(ready=False, containers_ready=True), True),
        (pod(deletionTimestamp=(NOW - timedelta(seconds=10)).isoformat()), False),
        (pod(deletionTimestamp=(NOW - timedelta(seconds=31)).isoformat()), True),
    ],
    ids=["ready", "not ready", "Kubernetes says that it is not ready", "ends", "does not end"],
)
def test_a_node_is_lost_when_its_kubelet_says_nothing(found: Body, *, is_lost: bool) -> None:
    assert is_on_lost_node(found, NOW) == is_lost


CHANGES = {
    "none": (status_of(replication()), None),
    "fewer members": (status_of(replication(), pods=2), "one at a time"),
    "fewer members, later": (status_of(replication(), waits="my-cache-2 has not ended yet"), "at present my-cache-2 has not ended yet"),
    "more members": (status_of(replication(), founder=ZERO), "take over the data of my-cache-0"),
    "a pod starts": (status_of(replication(), [pod(), None, pod(ready=False)]), "my-cache-1, my-cache-2"),
    "a node is lost": (status_of(replication(), LOST_NODE), None),
}


@pytest.mark.parametrize(("found", "message"), CHANGES.values(), ids=CHANGES)
def test_what_is_under_way(found: ReplicationStatus, message: str | None) -> None:
    assert (found.change is None) == (message is None)
    assert found.change is None or (message or "") in found.change.message


@pytest.mark.parametrize(
    ("lag", "shown"), [(0, 0), (MIB - 1, 0), (MIB, MIB), (4 * MIB - 1, MIB), (5 * MIB, 4 * MIB), (100 * MIB, 64 * MIB)]
)
def test_a_lag_is_shown_roughly(lag: int, shown: int) -> None:
    members = status_of(replication(report(ONE, lag_bytes=lag))).fields["members"]
    assert members[1]["lagBytes"] == shown


def test_the_last_primary_is_shown_while_there_is_none() -> None:
    assert status_of(DOWN, before={"primary": TWO}).fields["primary"] == TWO
    assert "primary" not in status_of(DOWN, before={}).fields


def test_members_have_time_to_find_each_other_at_first() -> None:
    found = status_of(DOWN, seconds=LOST_SECONDS - 1, before={})
    assert (found.serves, found.problem) == (False, None)
    problem = status_of(DOWN, seconds=LOST_SECONDS, before={}).problem
    assert problem is not None
    assert problem.reason == "NoPrimary"


@pytest.mark.parametrize(
    ("last_change", "event"),
    [("failover", ("Warning", "FailedOver")), ("switchover", ("Normal", "SwitchedOver")), ("", ("Warning", "FailedOver"))],
)
def test_another_primary_has_one_event(last_change: Any, event: tuple[str, str]) -> None:
    takeover = replication(report(ONE, primary=ONE, last_change=last_change), primary=ONE).takeover
    before, after = {"primary": ZERO, "conditions": []}, {"primary": ONE, "conditions": []}
    found = transition_events(ReconcileResult(takeover=takeover), before, after)
    assert [(each.type, each.reason) for each in found] == [event]
    assert ZERO in found[0].note
    assert ONE in found[0].note
    assert transition_events(ReconcileResult(takeover=takeover), after, after) == []
    assert transition_events(ReconcileResult(takeover=takeover), {}, after) == []


WHOLE: dict[str, Any] = {
    "primary": ZERO,
    "inSyncReplicas": 3,
    "members": [{"name": name} for name in NAMES],
    "conditions": [{"type": "Replicated", "status": "True"}],
}


def test_a_member_that_is_busy_for_a_moment_changes_nothing() -> None:
    busy = silent(replication(), TWO)
    found = status_of(busy, seconds=1, before=WHOLE)
    assert found.replicated == status_of(replication()).replicated
    assert {name: found.fields[name] for name in ("inSyncReplicas", "members")} == {"inSyncReplicas": 3, "members": WHOLE["members"]}
    # It is looked at again soon.
    assert not found.in_order
    assert status_of(busy, seconds=2, before=WHOLE).replicated.reason == "ReplicaDown"
    assert status_of(busy, seconds=1, before={"primary": ZERO}).replicated.reason == "ReplicaDown"
