"""The page of one instance: everything on it but the figures, which come when the page is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from kuberedis_core.body import Body
from kuberedis_core.crd.names import pod_name
from kuberedis_core.one_line import one_line
from kuberedis_core.timestamps import parse_time
from kuberedis_dashboard.views.ages import age, brief
from kuberedis_dashboard.views.conditions import ConditionView, StateView, conditions, state
from kuberedis_dashboard.views.event import EventView, event_views, last_takeover
from kuberedis_dashboard.views.member import MemberView, in_sync, member_count, member_views, primary_ordinal
from kuberedis_dashboard.views.pod import pod_view
from kuberedis_dashboard.views.volume import volume_view

T = TypeVar("T")

_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What the API server has, or why its user may not see it."""

    items: tuple[T, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line about an instance."""

    name: str
    value: str
    time: str = ""
    """What the value is about, as RFC 3339; empty if it is about no time."""
    is_age: bool = False
    """Whether the value is how long ago that time is."""
    copied_as: str = ""
    """What a button that copies the value says; empty for no button."""
    figure: str = ""
    """Name under which its value is kept up to date; empty if it changes with the instance only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line for the user's shell."""

    what: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstancePage:
    """What the page shows."""

    namespace: str
    name: str
    state: StateView
    conditions: tuple[ConditionView, ...]
    facts: tuple[Fact, ...]
    members: tuple[MemberView, ...]
    pods_problem: str
    volumes_problem: str
    events: tuple[EventView, ...]
    events_problem: str
    takeover: EventView | None
    """The latest change of the primary, if it is still known."""
    logs: tuple[Command, ...]

    @property
    def has_several(self) -> bool:
        """Whether the instance has more than one member."""
        return len(self.members) > 1


def instance_page(instance: Body, pods: Found[Body], claims: Found[Body], events: Found[Body], now: datetime) -> InstancePage:
    """The page of an instance.

    Args:
        instance: the instance.
        pods: those pods of its members that there are.
        claims: those of their PersistentVolumeClaims.
        events: Events of objects that are called as it and its children are.
        now: the time.
    """
    metadata = instance["metadata"]
    shown = event_views(events.items, metadata["name"], now)
    members = member_views(instance, _by_name(pods.items, lambda pod: pod_view(pod, now)), _by_name(claims.items, volume_view))
    return InstancePage(
        namespace=metadata["namespace"],
        name=metadata["name"],
        state=state(instance, now),
        conditions=conditions(instance, now),
        facts=tuple(_facts(instance, now)),
        members=members,
        pods_problem=pods.problem,
        volumes_problem=claims.problem,
        events=shown,
        events_problem=events.problem,
        takeover=last_takeover(shown),
        logs=tuple(_logs(metadata["namespace"], metadata["name"], primary_ordinal(instance))),
    )


def refused_settings(count: float | None, namespace: str, pod: str) -> str:
    """What a user should know of settings that Redis did not take; empty if it took all, or that is not known."""
    if not count:
        return ""
    what = "one of the settings" if count == 1 else f"{count:.0f} of the settings"
    return (
        f"Redis refuses {what} in spec.config, and may not start again with it; the log names it: {logs_command(namespace, pod, 'sidecar')}"
    )


def logs_command(namespace: str, pod: str, container: str) -> str:
    """The command that shows the log of a container."""
    return f"kubectl -n {namespace} logs {pod} -c {container} --tail=200 -f"


def _by_name(objects: Iterable[Body], view: Callable[[Body], T]) -> dict[str, T]:
    return {each["metadata"]["name"]: view(each) for each in objects}


def _facts(instance: Body, now: datetime) -> Iterator[Fact]:
    metadata, spec, status = instance["metadata"], instance.get("spec") or {}, instance.get("status") or {}
    yield Fact(name="URL", value=_text(status.get("url")) or "–", copied_as="the URL" if status.get("url") else "")
    yield Fact(name="Version", value=_text(status.get("version") or spec.get("version")) or "–")
    yield Fact(name="Capacity", value=_text(status.get("capacity") or spec.get("capacity")) or "–")
    yield Fact(name="Memory for data", value=_text(status.get("maxmemory") or spec.get("maxmemory")) or "–")
    if limit := _text(status.get("memoryLimit")):
        yield Fact(name="Memory of the container", value=limit)
    yield Fact(name="When memory is full", value=_text(spec.get("evictionPolicy")) or "–")
    yield Fact(name="Persistence", value=_text(spec.get("persistence")) or "–")
    if member_count(instance) > 1:
        number = status.get("inSyncReplicas")
        known = number if isinstance(number, int) else None
        yield Fact(name="In sync", value=in_sync(known, member_count(instance)), figure="in_sync")
    yield _age_fact("Created", metadata.get("creationTimestamp"), now)
    yield from _secrets(status, now)


def _secrets(status: Mapping[str, Any], now: datetime) -> Iterator[Fact]:
    rotation, tls = status.get("keyRotation") or {}, status.get("tls") or {}
    if rotation.get("rotatedAt"):
        yield _age_fact("Key rotated", rotation["rotatedAt"], now)
    expires = parse_time(rotation.get("previousKeyExpiresAt"))
    if expires is not None and expires > now:
        yield Fact(
            name="Previous key", value=f"valid for {brief((expires - now).total_seconds())}", time=_text(rotation["previousKeyExpiresAt"])
        )
    if end := parse_time(tls.get("notAfter")):
        left = f"valid for {brief((end - now).total_seconds())}" if end > now else "expired"
        yield Fact(name="Certificate", value=left, time=_text(tls["notAfter"]))


def _age_fact(name: str, written: object, now: datetime) -> Fact:
    moment = parse_time(written if isinstance(written, str) else None)
    return Fact(name=name, value=age(moment, now), time=_text(written), is_age=True) if moment else Fact(name=name, value="–")


def _logs(namespace: str, name: str, primary: int) -> Iterator[Command]:
    pod = pod_name(name, primary)
    yield Command(what="Log of the gateway", line=logs_command(namespace, pod, "sidecar"))
    yield Command(what="Log of Redis", line=logs_command(namespace, pod, "redis"))


def _text(value: object) -> str:
    return one_line(str(value))[:_LONGEST] if value not in (None, "") else ""
