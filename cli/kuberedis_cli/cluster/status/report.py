"""The report of `kuberedis status`: objects of the cluster in, a report out.

Pure: nothing here makes a request, or knows how the report is shown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from kubernetes.client import CoreV1Event, V1ContainerState, V1ContainerStateTerminated, V1ContainerStatus, V1Pod

from kuberedis_cli.cluster.instances import condition
from kuberedis_cli.cluster.pod import member_names
from kuberedis_cli.cluster.redis_stats import RedisStats
from kuberedis_core.body import Body
from kuberedis_core.member_report import MemberReport
from kuberedis_core.one_line import one_line
from kuberedis_core.timestamps import format_time

LAST_EVENTS = 8


@dataclass(frozen=True)
class Condition:
    """A condition of the instance, as the Kubernetes API writes it."""

    type: str
    status: str
    reason: str
    message: str
    last_transition_time: str | None


@dataclass(frozen=True)
class Container:
    """A container of the pod; `last_end` is why and when it ended before, if it did."""

    name: str
    init: bool
    """Whether it runs before the others, and ends or, as a side car of a mesh, stays."""
    ready: bool
    state: str
    restarts: int
    last_end: str | None
    last_end_at: str | None


@dataclass(frozen=True)
class Pod:
    """The pod of a member."""

    name: str
    phase: str
    node: str | None
    started_at: str | None
    containers: tuple[Container, ...]


@dataclass(frozen=True)
class Member:
    """One of several members, as its sidecar sees it; None if it does not say."""

    name: str
    role: str | None = None
    linked: bool | None = None
    in_sync: bool | None = None
    offset: int | None = None
    lag_bytes: int | None = None


@dataclass(frozen=True)
class Event:
    """Something that happened to the instance or a child."""

    at: str | None
    type: str
    reason: str
    object: str
    message: str
    count: int


@dataclass(frozen=True)
class Report:
    """An instance on one screen. What is not known is None, and `notes` say why."""

    namespace: str
    name: str
    ready: str
    url: str
    version: str
    capacity: str
    maxmemory: str
    memory_limit: str
    paused: bool
    key_rotation: Mapping[str, str]
    conditions: tuple[Condition, ...]
    primary: str | None
    members: tuple[Member, ...]
    """Empty with one member."""
    redis: RedisStats | None
    """Of the primary."""
    pods: tuple[Pod, ...] | None
    """None if they may not be looked at."""
    events: tuple[Event, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The report as members of a JSON object."""
        members = asdict(self)
        redis = members.pop("redis")
        return {**members, "figures": None if self.redis is None else {**redis, "hit_rate": self.redis.hit_rate}}


def make(
    instance: Body,
    pods: Sequence[V1Pod] | None,
    events: Iterable[CoreV1Event],
    stats: Mapping[str, RedisStats],
    reports: Mapping[str, MemberReport],
    notes: Sequence[str],
) -> Report:
    """The report on an instance from what was found of it; statistics and reports are by pod. Pods are None if they may not be read."""
    metadata, spec, status = instance["metadata"], instance["spec"], instance.get("status", {})
    names = member_names(instance)
    # A sidecar that is asked now may know better than the status.
    primary = next((name for name, each in reports.items() if each.role == "primary"), status.get("primary"))
    return Report(
        namespace=metadata["namespace"],
        name=metadata["name"],
        ready=condition(instance, "Ready").get("status", "Unknown"),
        url=status.get("url", ""),
        version=status.get("version") or spec.get("version", ""),
        capacity=str(status.get("capacity") or spec["capacity"]),
        maxmemory=str(status.get("maxmemory") or spec.get("maxmemory", "")),
        memory_limit=status.get("memoryLimit", ""),
        paused=bool(spec.get("paused")),
        key_rotation=status.get("keyRotation", {}),
        conditions=tuple(_conditions(status)),
        primary=primary,
        members=tuple(_member(name, reports.get(name)) for name in names) if len(names) > 1 else (),
        redis=stats.get(primary or names[0]),
        pods=None if pods is None else tuple(map(_pod, pods)),
        events=_last(event for event in events if not _is_overtaken(event, pods or ())),
        notes=tuple(notes),
    )


def _conditions(status: Mapping[str, Any]) -> Iterator[Condition]:
    for found in status.get("conditions", ()):
        yield Condition(found["type"], found["status"], found.get("reason", ""), found.get("message", ""), found.get("lastTransitionTime"))


def _member(name: str, report: MemberReport | None) -> Member:
    if report is None:
        return Member(name)
    return Member(name, report.role, report.linked, report.in_sync, report.offset, report.lag_bytes)


def _pod(pod: V1Pod) -> Pod:
    status = pod.status
    first = (status.init_container_statuses if status else None) or ()
    statuses = (status.container_statuses if status else None) or ()
    return Pod(
        name=(pod.metadata.name if pod.metadata else None) or "",
        phase=_phase(pod),
        node=pod.spec.node_name if pod.spec else None,
        started_at=_text(status.start_time if status else None),
        containers=(*(_container(each, init=True) for each in first), *(_container(each) for each in statuses)),
    )


def _phase(pod: V1Pod) -> str:
    """As `kubectl get pods` shows it: a pod that is being deleted has no phase of its own for that."""
    if pod.metadata and pod.metadata.deletion_timestamp:
        return "Terminating"
    return (pod.status.phase if pod.status else None) or "Unknown"


def _container(status: V1ContainerStatus, *, init: bool = False) -> Container:
    end = status.last_state.terminated if status.last_state else None
    return Container(
        name=status.name,
        init=init,
        ready=bool(status.ready),
        state=_state(status.state),
        restarts=status.restart_count,
        last_end=None if end is None else _end(end),
        last_end_at=None if end is None else _text(end.finished_at),
    )


def _state(state: V1ContainerState | None) -> str:
    if state is not None and state.running:
        return "running"
    if state is not None and state.terminated:
        return f"ended: {_end(state.terminated)}"
    waiting = state.waiting if state is not None else None
    return f"waiting: {waiting.reason}" if waiting and waiting.reason else "waiting"


def _end(end: V1ContainerStateTerminated) -> str:
    """For example `OOMKilled`, or `Error, exit code 1`."""
    reason = end.reason or "ended"
    return f"{reason}, exit code {end.exit_code}" if reason in ("Error", "ended") else reason


def _last(events: Iterable[CoreV1Event]) -> tuple[Event, ...]:
    """The latest events, the newest last."""
    return tuple(event_of(event) for event in sorted(events, key=moment_of)[-LAST_EVENTS:])


def _is_overtaken(event: CoreV1Event, pods: Iterable[V1Pod]) -> bool:
    """Whether it says that a pod fits on no node, of a pod that has been on one since."""
    scheduled = {pod.metadata.name for pod in pods if pod.metadata and pod.spec and pod.spec.node_name}
    return event.reason == "FailedScheduling" and event.involved_object.name in scheduled


def event_of(event: CoreV1Event) -> Event:
    """An event as it is shown."""
    about = event.involved_object
    return Event(
        at=_text(moment_of(event)),
        type=event.type or "",
        reason=event.reason or "",
        object=f"{about.kind}/{about.name}",
        message=one_line(event.message or ""),
        count=(event.series.count if event.series else event.count) or 1,
    )


def moment_of(event: CoreV1Event) -> datetime:
    """When it happened last. Which of the fields has it depends on the API by which the event was written."""
    last = event.series.last_observed_time if event.series else None
    return last or event.last_timestamp or event.event_time or event.first_timestamp or datetime.min.replace(tzinfo=UTC)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
