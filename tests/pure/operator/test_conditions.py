"""The status of an instance, from what was observed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.status import route_conflicts
from kuberedis_operator.status.conditions import Observed, compute
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.status.volume_health import VolumeProgress
from kuberedis_operator.topology.route import RouteClaim

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
SERVING = Observed(
    generation=3, pods_ready=True, url="https://redis.example.com/instances/cache", path="/instances/cache", volume=VolumeProgress.AS_WANTED
)
PULL = Problem("ImagePullFailed", "image 'x' cannot be pulled")
TYPES = ["Ready", "Progressing", "Degraded", "RouteConflict", "NameConflict", "StorageResizing"]


def conditions(observed: Observed) -> dict[str, dict[str, Any]]:
    return {condition["type"]: condition for condition in compute(observed, {}, NOW)["conditions"]}


def statuses(observed: Observed) -> dict[str, tuple[str, str]]:
    return {kind: (condition["status"], condition["reason"]) for kind, condition in conditions(observed).items()}


def test_every_condition_is_always_there_and_says_which_generation_it_judges() -> None:
    for observed in (SERVING, Observed(generation=3)):
        found = conditions(observed)
        assert list(found) == TYPES
        assert {condition["observedGeneration"] for condition in found.values()} == {3}
        assert all(condition["reason"] for condition in found.values())


def test_an_instance_that_serves() -> None:
    assert statuses(SERVING) == {
        "Ready": ("True", "Serving"),
        "Progressing": ("False", "Complete"),
        "Degraded": ("False", "AsExpected"),
        "RouteConflict": ("False", "NoConflict"),
        "NameConflict": ("False", "NoConflict"),
        "StorageResizing": ("False", "AsWanted"),
    }
    assert conditions(SERVING)["Ready"]["message"] == "serving at https://redis.example.com/instances/cache"


def test_what_the_owner_decides_is_told_before_what_is_wrong_with_a_pod() -> None:
    lost, missing = Problem("PrimaryLost", "choose a member"), Problem("NoPrimary", "wait")
    for problem, expected in ((lost, lost), (missing, PULL)):
        found = conditions(Observed(generation=1, pod_problem=PULL, replication_problem=problem))
        assert (found["Degraded"]["reason"], found["Ready"]["message"]) == (expected.reason, expected.message)


def test_an_instance_that_starts_progresses() -> None:
    found = statuses(Observed(generation=1))
    assert found["Ready"] == ("False", "PodNotReady")
    assert found["Progressing"] == ("True", "PodNotReady")
    assert found["Degraded"][0] == "False"


def test_a_problem_of_the_pod_is_the_reason_of_every_condition() -> None:
    found = conditions(Observed(generation=1, pod_problem=PULL))
    assert (found["Ready"]["reason"], found["Ready"]["message"]) == PULL
    assert (found["Degraded"]["status"], found["Degraded"]["reason"]) == ("True", "ImagePullFailed")
    assert (found["Progressing"]["status"], found["Progressing"]["reason"]) == ("False", "Stalled")


def test_a_refused_child_degrades_an_instance_that_keeps_serving() -> None:
    found = statuses(replace(SERVING, refusals=(Problem("ApplyFailed", "StatefulSet cache: exceeded quota"),)))
    assert found["Ready"] == ("True", "Serving")
    assert found["Degraded"] == ("True", "ApplyFailed")


def test_a_route_that_no_controller_accepted_is_not_ready() -> None:
    found = statuses(replace(SERVING, route_problem="no ingress controller has accepted it"))
    assert found["Ready"] == ("False", "RouteNotAdmitted")
    assert found["Progressing"] == ("True", "RouteNotAdmitted")


def test_a_path_that_is_taken_says_by_whom_and_what_to_do() -> None:
    taken = route_conflicts.taken(
        RouteClaim("/instances/cache", frozenset({None}), frozenset()), NamespacedName("team-a", "cache"), timedelta(days=1)
    )
    observed = replace(SERVING, route_conflict=taken, path="/instances/cache")
    found = conditions(observed)
    assert statuses(observed)["RouteConflict"] == ("True", "PathTaken")
    assert statuses(observed)["Ready"] == ("False", "RouteConflict")
    assert statuses(observed)["Progressing"][0] == "False"
    for part in ("/instances/cache", "team-a/cache", "spec.ingress.host", "24 h"):
        assert part in found["RouteConflict"]["message"]


def test_an_instance_that_does_not_get_the_requests_of_one_host_serves_and_says_so() -> None:
    hidden = route_conflicts.hidden("redis.example.com", NamespacedName("team-b", "cache"))
    found = statuses(replace(SERVING, hidden_route=hidden))
    assert found["RouteConflict"] == ("True", "HostTaken")
    assert found["Ready"] == ("True", "Serving")


def test_a_name_that_is_taken_says_which_and_what_to_do() -> None:
    found = conditions(Observed(generation=1, taken_names=("Service cache-http",)))
    assert found["NameConflict"]["status"] == "True"
    assert "Service cache-http" in found["NameConflict"]["message"]
    assert "delete it" in found["NameConflict"]["message"]
    assert found["Ready"]["reason"] == "NameConflict"


def test_a_paused_instance_says_so_and_may_serve() -> None:
    found = statuses(replace(SERVING, paused=True))
    assert found["Progressing"] == ("False", "Paused")
    assert found["Ready"] == ("True", "Serving")
    assert statuses(Observed(generation=1, paused=True))["Ready"] == ("False", "Paused")


def test_a_volume_that_cannot_grow_is_reported_and_does_not_stop_the_instance() -> None:
    found = statuses(replace(SERVING, volume=VolumeProgress.TOO_SMALL, volume_obstacle="StorageClass 'x' does not allow expansion"))
    assert found["StorageResizing"] == ("False", "ExpansionNotSupported")
    assert found["Degraded"] == ("True", "ExpansionNotSupported")
    assert found["Ready"] == ("True", "Serving")


def test_a_volume_that_grows_says_to_which_size() -> None:
    found = conditions(replace(SERVING, volume=VolumeProgress.GROWING, capacity="2Gi"))
    assert (found["StorageResizing"]["status"], found["StorageResizing"]["message"]) == ("True", "the volume grows to 2Gi")


def test_a_past_problem_is_reported_while_the_instance_serves() -> None:
    found = statuses(replace(SERVING, past_problem=Problem("OutOfMemory", "container redis ran out of memory, 3 restarts")))
    assert found["Degraded"] == ("True", "OutOfMemory")
    assert found["Ready"] == ("True", "Serving")


def test_a_key_that_was_replaced_is_reported() -> None:
    observed = replace(SERVING, key_note="the key was made anew")
    assert conditions(observed)["Ready"]["message"].endswith("; the key was made anew")


def test_the_time_of_a_condition_changes_only_with_its_status() -> None:
    first = compute(Observed(generation=1), {}, NOW)
    second = compute(replace(SERVING, generation=2), first, LATER)
    moved = {condition["type"] for condition in second["conditions"] if condition["lastTransitionTime"] == "2025-03-03T12:05:00Z"}
    assert moved == {"Ready", "Progressing"}


def test_the_same_observation_gives_the_same_status_at_any_time() -> None:
    status = compute(SERVING, {}, NOW)
    assert compute(SERVING, status, LATER) == status
