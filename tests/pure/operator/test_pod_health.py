"""Problems in a pod's status, with messages that a person can act on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kuberedis_operator.status.pod_health import is_ready, pod_problem, recent_restart

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
_ENDLESS = "a script that ran longer than spec.limits.scriptTimeoutSeconds and could not be stopped"


def ended(reason: str, code: int, minutes_ago: int, message: str = "") -> dict[str, Any]:
    finished_at = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    return {"terminated": {"reason": reason, "exitCode": code, "finishedAt": finished_at, "message": message}}


def pod(*, ready: bool = False, scheduled: bool = True, **container: Any) -> dict[str, Any]:
    conditions = [
        {"type": "PodScheduled", "status": str(scheduled), "message": "0/3 nodes are available: 3 Insufficient memory."},
        {"type": "Ready", "status": str(ready)},
    ]
    status = {"name": "redis", "image": "redis:8", "state": {"running": {}}, **container}
    return {
        "metadata": {"namespace": "ns", "name": "cache-0"},
        "spec": {"containers": [{"name": "redis", "image": "redis:8"}]},
        "status": {"conditions": conditions, "containerStatuses": [status]},
    }


def test_a_pod_that_starts_has_no_problem() -> None:
    assert pod_problem(pod(state={"waiting": {"reason": "ContainerCreating"}}), NOW) is None
    assert pod_problem({"metadata": {}, "spec": {"containers": []}}, NOW) is None


@pytest.mark.parametrize(
    ("status", "reason", "text"),
    [
        ({"scheduled": False}, "Unschedulable", "the pod fits on no node: 0/3 nodes are available: 3 Insufficient memory."),
        (
            {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling"}}},
            "ImagePullFailed",
            "image 'redis:8' cannot be pulled: Back-off pulling",
        ),
        (
            {"image": "", "state": {"waiting": {"reason": "InvalidImageName"}}},
            "ImagePullFailed",
            "image 'redis:8' cannot be pulled: InvalidImageName",
        ),
        (
            {"state": {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "x" not found'}}},
            "ContainerFailed",
            'container redis cannot be started: secret "x" not found',
        ),
        (
            {"restartCount": 3, "lastState": ended("OOMKilled", 137, 1), "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
            "OutOfMemory",
            "container redis ran out of memory, 3 restarts; lower spec.maxmemory or raise spec.resources",
        ),
        (
            {"restartCount": 1, "lastState": ended("Error", 1, 1), "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
            "CrashLooping",
            "container redis keeps exiting with code 1, 1 restart; see kubectl -n ns logs cache-0 -c redis --previous",
        ),
        (
            {"restartCount": 2, "lastState": ended("Completed", 0, 1), "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
            "ScriptNotStopped",
            f"Redis was restarted to end {_ENDLESS}, 2 restarts; see kubectl -n ns logs cache-0 -c sidecar",
        ),
    ],
)
def test_a_problem_is_reported_with_its_cause(status: dict[str, Any], reason: str, text: str) -> None:
    assert pod_problem(pod(**status), NOW) == (reason, text)


def test_a_log_cannot_steer_a_terminal() -> None:
    problem = pod_problem(pod(restartCount=2, lastState=ended("Error", 1, 1, "\x1b[2Jgone\n")), NOW)
    assert problem is not None
    assert "; its last output: \\x1b[2Jgone; see" in problem.message


def test_a_crash_is_reported_with_the_end_of_its_log() -> None:
    log = "x" * 4000 + "\n*** FATAL CONFIG FILE ERROR ***\n>>> 'maxmemry \"1\"'\nBad directive or wrong number of arguments\n"
    problem = pod_problem(pod(restartCount=2, lastState=ended("Error", 1, 1, log)), NOW)
    assert problem is not None
    assert "; its last output: xxx" in problem.message
    assert "*** FATAL CONFIG FILE ERROR *** >>> 'maxmemry \"1\"' Bad directive or wrong number of arguments; see kubectl" in problem.message
    assert len(problem.message) < 600


def test_a_container_that_runs_between_two_crashes_is_still_in_a_crash_loop() -> None:
    problem = pod_problem(pod(restartCount=2, lastState=ended("Error", 1, 2)), NOW)
    assert problem is not None
    assert problem.reason == "CrashLooping"


def test_crashes_of_long_ago_do_not_explain_a_problem_of_now() -> None:
    assert pod_problem(pod(restartCount=5, lastState=ended("Error", 1, 60)), NOW) is None


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (ended("OOMKilled", 137, 9), "OutOfMemory"),
        (ended("Completed", 0, 9), "ScriptNotStopped"),
        (ended("Error", 1, 9, "1:signal-handler (1) You insist... exiting now.\n"), "ScriptNotStopped"),
    ],
)
def test_restart_is_reported_for_a_while_after_the_pod_is_ready_again(last: dict[str, Any], reason: str) -> None:
    recovered = pod(ready=True, restartCount=1, lastState=last)
    recent = recent_restart(recovered, NOW)
    assert recent is not None
    assert recent[0].reason == reason
    assert "1 restart;" in recent[0].message
    assert recent[1] == NOW + timedelta(minutes=1)
    assert recent_restart(recovered, NOW + timedelta(minutes=1)) is None


def test_redis_that_ends_with_its_pod_ran_no_endless_script() -> None:
    leaving = pod(state=ended("Completed", 0, 1))
    leaving["metadata"]["deletionTimestamp"] = "2025-03-03T12:00:00Z"
    assert recent_restart(leaving, NOW) is None
    sidecar = pod(restartCount=1, lastState=ended("Completed", 0, 1))
    sidecar["status"]["containerStatuses"][0]["name"] = "sidecar"
    assert recent_restart(sidecar, NOW) is None


def test_a_pod_that_is_being_deleted_is_not_ready() -> None:
    leaving = pod(ready=True)
    assert is_ready(leaving)
    leaving["metadata"]["deletionTimestamp"] = "2025-03-03T12:00:00Z"
    assert not is_ready(leaving)
    assert not is_ready(None)
