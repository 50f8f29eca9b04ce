"""What restarts a pod, what is changed on it while it runs, and when its StatefulSet is replaced."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kuberedis_core.crd.names import REFRESHED_AT, RESTART_HASH, RESTART_REQUEST, RESTARTED_AT
from kuberedis_operator.instance.rollout import cause, is_outdated, may_be_deleted, refreshing, relabelling, resizing
from kuberedis_operator.status import volume_health
from kuberedis_operator.status.volume_health import needs_replacement, with_claims_of

Members = dict[str, str]


def stateful_set(labels: Members, annotations: Members, restart: str = "1", size: str = "1Gi") -> dict[str, Any]:
    template = {"metadata": {"labels": labels, "annotations": {RESTART_HASH: restart, **annotations}}}
    claim = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": size}}}}
    return {
        "metadata": {"name": "cache", "generation": 2},
        "spec": {"serviceName": "cache-headless", "template": template, "volumeClaimTemplates": [claim]},
        "status": {"observedGeneration": 2},
    }


def pod(labels: Members, annotations: Members, restart: str = "1") -> dict[str, Any]:
    metadata = {"namespace": "ns", "name": "cache-0", "uid": "u", "labels": labels, "annotations": {RESTART_HASH: restart, **annotations}}
    return {"metadata": metadata}


def claim(requested: str, has: str | None, phase: str = "Bound") -> dict[str, Any]:
    status = {"phase": phase} | ({"capacity": {"storage": has}} if has else {})
    return {"spec": {"resources": {"requests": {"storage": requested}}}, "status": status}


def test_only_another_restart_hash_restarts_a_pod() -> None:
    running = pod({"team": "a"}, {})
    assert not is_outdated(running, stateful_set({"team": "b"}, {"note": "x"}))
    assert is_outdated(running, stateful_set({"team": "a"}, {}, restart="2"))


def test_a_requested_restart_restarts_a_pod_once() -> None:
    for request in (RESTART_REQUEST, RESTARTED_AT):
        running, asked = pod({}, {request: "1"}), stateful_set({}, {request: "2"})
        assert cause(running, asked) == "because that was requested"
        # The pod that follows has the annotation, and keeps it although the operator renders none.
        assert not is_outdated(pod({}, {request: "2"}), asked)
        assert relabelling(pod({}, {request: "2"}), stateful_set({}, {}), asked) is None
        assert not is_outdated(running, stateful_set({}, {}))


def test_a_pod_is_deleted_only_when_it_would_come_back_from_the_new_template() -> None:
    seen, unseen = stateful_set({}, {}), stateful_set({}, {})
    unseen["status"]["observedGeneration"] = 1
    assert may_be_deleted(pod({}, {}), seen)
    assert not may_be_deleted(pod({}, {}), unseen)
    leaving = pod({}, {})
    leaving["metadata"]["deletionTimestamp"] = "2025-03-03T12:00:00Z"
    assert not may_be_deleted(leaving, seen)


def test_two_refreshes_within_a_second_are_two_changes() -> None:
    running, now = pod({}, {}), datetime(2025, 3, 3, tzinfo=UTC)
    assert refreshing(running, now) != refreshing(running, now + timedelta(milliseconds=1))


def test_new_labels_and_annotations_go_onto_the_running_pod() -> None:
    patch = relabelling(pod({"team": "a"}, {}), stateful_set({"team": "b"}, {"note": "x"}), stateful_set({"team": "a"}, {}))
    assert patch is not None
    assert (patch["metadata"]["labels"], patch["metadata"]["annotations"]) == ({"team": "b"}, {"note": "x"})
    assert patch["metadata"]["uid"] == "u"


def test_labels_that_the_user_removed_leave_the_running_pod_and_those_of_others_stay() -> None:
    running = pod({"team": "a", "controller-revision-hash": "h"}, {"mesh": "on"})
    patch = relabelling(running, stateful_set({}, {}), stateful_set({"team": "a"}, {}))
    assert patch is not None
    assert patch["metadata"]["labels"] == {"team": None}
    assert "annotations" not in patch["metadata"]


def test_a_pod_that_is_up_to_date_is_not_patched() -> None:
    running = pod({"team": "a"}, {REFRESHED_AT: "2025-03-03T12:00:00Z"})
    assert relabelling(running, stateful_set({"team": "a"}, {}), stateful_set({"team": "a"}, {})) is None


def test_more_capacity_takes_a_new_stateful_set_and_another_label_does_not() -> None:
    live = stateful_set({"team": "a"}, {})
    assert needs_replacement(stateful_set({"team": "a"}, {}, size="2Gi"), live)
    assert not needs_replacement(stateful_set({"team": "b"}, {}), live)
    assert not needs_replacement(stateful_set({}, {}, size="1024Mi"), live)


def test_a_volume_that_cannot_grow_keeps_its_stateful_set() -> None:
    live = stateful_set({}, {})
    assert not needs_replacement(with_claims_of(stateful_set({}, {}, size="2Gi"), live), live)


def test_an_instance_without_persistence_wants_no_volume() -> None:
    without = stateful_set({}, {})
    del without["spec"]["volumeClaimTemplates"]
    assert volume_health.wanted_size(without) is None


def sized(body: dict[str, Any], memory: str) -> dict[str, Any]:
    containers = [{"name": "redis", "resources": {"limits": {"memory": memory}}}]
    if "spec" in body:
        body["spec"]["template"]["spec"] = {"containers": containers}
    else:
        body["spec"] = {"containers": containers}
    return body


def test_more_memory_is_applied_to_the_running_pod() -> None:
    live, rendered = sized(stateful_set({}, {}), "1Gi"), sized(stateful_set({}, {}), "2Gi")
    patch = resizing(sized(pod({}, {}), "1Gi"), rendered, live)
    assert patch is not None
    assert patch["spec"] == {"containers": [{"name": "redis", "resources": {"limits": {"memory": "2Gi"}}}]}
    assert resizing(sized(pod({}, {}), "2Gi"), rendered, live) is None


def test_resources_set_by_an_autoscaler_stay_while_the_template_does() -> None:
    live, rendered = sized(stateful_set({}, {}), "1024Mi"), sized(stateful_set({}, {}), "1Gi")
    assert resizing(sized(pod({}, {}), "3Gi"), rendered, live) is None
