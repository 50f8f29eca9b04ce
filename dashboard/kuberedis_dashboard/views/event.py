"""What happened to an instance and its children: the Events of Kubernetes, which it keeps for an hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.kind import KIND
from kuberedis_core.one_line import one_line
from kuberedis_core.timestamps import format_time, parse_time
from kuberedis_dashboard.views.ages import age
from kuberedis_operator.status.events import TAKEOVERS

MOST_EVENTS = 200
_LONGEST = 2048
_KINDS_OF_THAT_NAME = frozenset({KIND, "StatefulSet", "Ingress", "HTTPRoute", "NetworkPolicy", "PodDisruptionBudget"})
"""Kinds whose object of the instance's own name belongs to it; an object of another kind does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """An Event."""

    age: str
    time: str
    """RFC 3339; empty if it is not known."""
    is_warning: bool
    reason: str
    object: str
    """Kind and name of what it is about."""
    message: str
    count: int


def event_views(events: Iterable[Body], instance: str, now: datetime) -> tuple[EventView, ...]:
    """The latest events, the newest first.

    Args:
        events: core/v1 Events of objects that may be called as the instance or its children are.
        instance: name of the instance.
        now: the time.
    """
    own = (event for event in events if _is_own(event, instance))
    return tuple(_view(event, now) for event in sorted(own, key=_moment, reverse=True)[:MOST_EVENTS])


def last_takeover(events: Iterable[EventView]) -> EventView | None:
    """The latest event about another primary, planned or not, if it is still known."""
    return next((event for event in events if event.reason in TAKEOVERS.values()), None)


def _is_own(event: Body, instance: str) -> bool:
    about = event.get("involvedObject") or {}
    return about.get("name") != instance or about.get("kind") in _KINDS_OF_THAT_NAME


def _view(event: Body, now: datetime) -> EventView:
    about, moment = event.get("involvedObject") or {}, _moment(event)
    is_known = moment > _NEVER
    series: Mapping[str, Any] = event.get("series") or {}
    return EventView(
        age=age(moment if is_known else None, now),
        time=format_time(moment) if is_known else "",
        is_warning=event.get("type") == "Warning",
        reason=_text(event.get("reason")),
        object=f"{_text(about.get('kind'))} {_text(about.get('name'))}",
        message=_text(event.get("message")),
        count=int(series.get("count") or event.get("count") or 1),
    )


_NEVER = datetime.min.replace(tzinfo=UTC)


def _moment(event: Body) -> datetime:
    """When it happened last. Which of the fields has it depends on the API by which the event was written."""
    series: Mapping[str, Any] = event.get("series") or {}
    candidates = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"), event.get("firstTimestamp"))
    return next((time for text in candidates if (time := parse_time(text)) is not None), _NEVER)


def _text(value: object) -> str:
    return one_line(value[:_LONGEST]) if isinstance(value, str) else ""
