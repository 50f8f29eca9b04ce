"""The report of `kuberedis status` on the objects of a cluster."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kubernetes.client import (
    CoreV1Event,
    V1ContainerState,
    V1ContainerStateRunning,
    V1ContainerStateTerminated,
    V1ContainerStateWaiting,
    V1ContainerStatus,
    V1ObjectMeta,
    V1ObjectReference,
    V1Pod,
    V1PodSpec,
    V1PodStatus,
)

from kuberedis_cli.cluster.redis_stats import RedisStats, parse
from kuberedis_cli.cluster.rotate import validity
from kuberedis_cli.cluster.status import report
from kuberedis_core.member_report import MemberReport

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
INSTANCE: dict[str, Any] = {"metadata": {"name": "cache", "namespace": "team"}, "spec": {"capacity": "1Gi"}}

PAGE = """
# HELP kuberedis_redis_up Whether the gateway's link to Redis is up
# TYPE kuberedis_redis_up gauge
kuberedis_redis_up{name="cache"} 1.0
# HELP kuberedis_redis_memory_used_bytes Bytes that Redis has allocated
# TYPE kuberedis_redis_memory_used_bytes gauge
kuberedis_redis_memory_used_bytes{name="cache"} 1.048576e+06
# HELP kuberedis_redis_keyspace_hits_total Successful lookups of keys
# TYPE kuberedis_redis_keyspace_hits_total counter
kuberedis_redis_keyspace_hits_total{name="cache"} 3.0
# HELP kuberedis_redis_keyspace_misses_total Failed lookups of keys
# TYPE kuberedis_redis_keyspace_misses_total counter
kuberedis_redis_keyspace_misses_total{name="cache"} 1.0
# HELP kuberedis_redis_keys Keys in the database
# TYPE kuberedis_redis_keys gauge
kuberedis_redis_keys{name="cache"} 7.0
"""


def pod_with(state: V1ContainerState, last: V1ContainerState | None = None, restarts: int = 0) -> V1Pod:
    container = V1ContainerStatus(
        name="redis", image="redis", image_id="", ready=state.running is not None, restart_count=restarts, state=state, last_state=last
    )
    return V1Pod(metadata=V1ObjectMeta(name="cache-0"), status=V1PodStatus(phase="Running", container_statuses=[container]))


def made(pod: V1Pod | None = None, events: list[CoreV1Event] | None = None) -> report.Report:
    return report.make(INSTANCE, [pod] if pod else [], events or [], {}, {}, [])


def seen_pod(pod: V1Pod) -> report.Pod:
    """The pod as the report has it."""
    [seen] = made(pod).pods or ()
    return seen


def happened(reason: str, minutes_ago: float, **members: Any) -> CoreV1Event:
    at = members or {"last_timestamp": NOW - timedelta(minutes=minutes_ago)}
    about = V1ObjectReference(kind="Pod", name="cache-0")
    return CoreV1Event(metadata=V1ObjectMeta(name=reason), involved_object=about, reason=reason, message="a\n  b", **at)


def test_an_instance_that_the_operator_has_not_seen_is_reported() -> None:
    seen = made()
    assert (seen.ready, seen.url, seen.capacity, seen.conditions, seen.pods) == ("Unknown", "", "1Gi", (), ())


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (V1ContainerState(running=V1ContainerStateRunning()), "running"),
        (V1ContainerState(waiting=V1ContainerStateWaiting(reason="CrashLoopBackOff")), "waiting: CrashLoopBackOff"),
        (V1ContainerState(waiting=V1ContainerStateWaiting()), "waiting"),
        (V1ContainerState(), "waiting"),
        (V1ContainerState(terminated=V1ContainerStateTerminated(exit_code=1, reason="Error")), "ended: Error, exit code 1"),
    ],
)
def test_a_container_says_what_it_does(state: V1ContainerState, said: str) -> None:
    assert [container.state for container in seen_pod(pod_with(state)).containers] == [said]


def test_members_are_reported_as_their_sidecars_see_them() -> None:
    instance = {**INSTANCE, "spec": {"capacity": "1Gi", "replicas": 3}, "status": {"primary": "cache-0"}}
    reports = {
        "cache-0": MemberReport(name="cache-0", role="replica", linked=True, in_sync=True, offset=80, lag_bytes=20),
        "cache-1": MemberReport(name="cache-1", role="primary", linked=True, in_sync=True, offset=100, lag_bytes=0),
    }
    stats = {name: parse(PAGE.replace("7.0", keys)) for name, keys in (("cache-0", "1.0"), ("cache-1", "2.0"))}
    seen = report.make(instance, [], [], stats, reports, [])
    assert seen.members == (
        report.Member("cache-0", "replica", True, True, 80, 20),
        report.Member("cache-1", "primary", True, True, 100, 0),
        report.Member("cache-2"),
    )
    # The status may be older than what a sidecar says.
    assert (seen.primary, seen.redis) == ("cache-1", stats["cache-1"])
    assert report.make(instance, [], [], stats, {}, []).primary == "cache-0"
    assert (made().members, made().primary) == ((), None)


def test_a_restart_says_why_and_when() -> None:
    killed = V1ContainerState(terminated=V1ContainerStateTerminated(exit_code=137, reason="OOMKilled", finished_at=NOW))
    [container] = seen_pod(pod_with(V1ContainerState(running=V1ContainerStateRunning()), killed, restarts=3)).containers
    assert (container.restarts, container.last_end, container.last_end_at) == (3, "OOMKilled", "2026-01-01T12:00:00Z")


def test_a_pod_that_is_being_deleted_says_so() -> None:
    pod = pod_with(V1ContainerState(running=V1ContainerStateRunning()))
    assert pod.metadata is not None
    pod.metadata.deletion_timestamp = NOW
    assert seen_pod(pod).phase == "Terminating"


def test_init_containers_are_named_before_the_others() -> None:
    ended = V1ContainerState(terminated=V1ContainerStateTerminated(exit_code=0, reason="Completed"))
    pod = pod_with(V1ContainerState(waiting=V1ContainerStateWaiting(reason="PodInitializing")))
    assert pod.status is not None
    mesh = V1ContainerStatus(name="mesh", image="mesh", image_id="", ready=True, restart_count=0, state=ended)
    pod.status.init_container_statuses = [mesh]
    assert [(each.name, each.init, each.state) for each in seen_pod(pod).containers] == [
        ("mesh", True, "ended: Completed"),
        ("redis", False, "waiting: PodInitializing"),
    ]


def test_a_pod_that_is_on_a_node_is_not_said_to_fit_on_none() -> None:
    events = [happened("FailedScheduling", 5), happened("Pulled", 4)]
    pod = pod_with(V1ContainerState(running=V1ContainerStateRunning()))
    assert [event.reason for event in made(pod, events).events] == ["FailedScheduling", "Pulled"]
    pod.spec = V1PodSpec(node_name="node-1", containers=[])
    assert [event.reason for event in made(pod, events).events] == ["Pulled"]


def test_the_last_events_come_in_order_whatever_wrote_their_time() -> None:
    events = [
        happened("third", 0, event_time=NOW - timedelta(minutes=1)),
        happened("first", 9),
        happened("second", 5),
        *(happened(f"old-{minutes}", minutes) for minutes in range(20, 40)),
    ]
    listed = made(events=events).events
    assert [event.reason for event in listed[-3:]] == ["first", "second", "third"]
    assert len(listed) == report.LAST_EVENTS
    assert listed[-1].message == "a b"


def test_figures_are_read_from_the_metrics_of_the_sidecar() -> None:
    figures = parse(PAGE)
    assert figures == RedisStats(
        memory_used_bytes=2**20,
        memory_max_bytes=None,
        keys=7,
        connected_clients=None,
        keyspace_hits=3,
        keyspace_misses=1,
        refused_settings=None,
    )
    assert figures.hit_rate == 0.75


def test_there_is_no_hit_rate_before_the_first_lookup() -> None:
    assert RedisStats(None, None, None, None, keyspace_hits=0, keyspace_misses=0, refused_settings=0).hit_rate is None


@pytest.mark.parametrize(
    ("expires_at", "said"),
    [
        (None, "the old one is no longer valid"),
        ("2026-01-01T11:59:00Z", "the old one is no longer valid"),
        ("2026-01-01T12:59:58Z", "the old one is valid until 2026-01-01 12:59:58 UTC, for 1h"),
    ],
)
def test_the_end_of_the_old_key_is_told(expires_at: str | None, said: str) -> None:
    assert validity(expires_at, NOW) == said
