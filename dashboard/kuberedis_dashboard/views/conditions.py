"""The conditions of an instance as a page shows them, and the one word for all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kuberedis_core.body import Body
from kuberedis_core.crd.conditions import PASSING, is_as_wanted
from kuberedis_core.one_line import one_line
from kuberedis_core.timestamps import parse_time
from kuberedis_dashboard.views import advice as advices
from kuberedis_dashboard.views.ages import age, machine_time

Level = Literal["good", "passing", "bad", "unknown"]

_NEW_SECONDS = 60
"""How long a new instance may be without a status before a person should look at it."""
_LONGEST = 4096
"""Characters of a message; whoever may write a status may write more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionView:
    """A condition, with texts that are safe to print on one line."""

    type: str
    status: str
    reason: str
    message: str
    since: str
    """How long it has been so, as `5 min`."""
    since_time: str
    """The same as RFC 3339; empty if it is not known."""
    level: Level
    advice: str
    """What to do; empty if nothing has to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateView:
    """How an instance is, in one word, and what to do."""

    level: Level
    word: str
    reason: str = ""
    message: str = ""
    advice: str = ""
    since: str = ""
    since_time: str = ""
    """The same as RFC 3339; empty if it is not known."""

    @property
    def needs_attention(self) -> bool:
        """Whether a person should look at it."""
        return self.level in ("bad", "unknown")


def conditions(instance: Body, now: datetime) -> tuple[ConditionView, ...]:
    """The conditions in the order in which the operator writes them."""
    return tuple(_condition(each, now) for each in _written(instance))


def state(instance: Body, now: datetime) -> StateView:
    """How an instance is: the first of these that holds."""
    found = {each.type: each for each in conditions(instance, now)}
    if deleted := parse_time(_text(instance["metadata"].get("deletionTimestamp"))):
        return StateView(
            level="passing", word="Deleting", advice=advices.DELETING, since=age(deleted, now), since_time=machine_time(deleted)
        )
    ready = found.get("Ready")
    if ready is None:
        created = parse_time(_text(instance["metadata"].get("creationTimestamp")))
        is_new = created is not None and (now - created).total_seconds() < _NEW_SECONDS
        level: Level = "passing" if is_new else "unknown"
        word, since = "New" if is_new else "Unknown", age(created, now)
        return StateView(level=level, word=word, advice=advices.NO_OPERATOR, since=since, since_time=machine_time(created))
    for view in _by_urgency(found, ready):
        return view
    if _is_outdated(instance):
        return StateView(level="passing", word="Changing", message="a change waits for the operator", advice=advices.OUTDATED)
    return StateView(level="good", word="Ready", reason=ready.reason, message=ready.message, since=ready.since, since_time=ready.since_time)


def _by_urgency(found: Mapping[str, ConditionView], ready: ConditionView) -> Iterator[StateView]:
    progressing, degraded = found.get("Progressing"), found.get("Degraded")
    is_moving = progressing is not None and progressing.status == "True"
    if ready.reason == "Paused" or (progressing is not None and progressing.reason == "Paused"):
        yield _state("Paused", "passing" if ready.status == "True" else "bad", progressing or ready)
    if degraded is not None and degraded.status == "True":
        yield _state("Degraded" if ready.status == "True" else "Not ready", "bad", degraded)
    if ready.status != "True":
        yield _state("Starting" if is_moving else "Not ready", "passing" if is_moving else "bad", ready)
    for each in found.values():
        if each.level == "bad":
            yield _state("Degraded", "bad", each)
    for each in found.values():
        if each.level == "passing":
            yield _state("Changing", "passing", each)


def _state(word: str, level: Level, because: ConditionView) -> StateView:
    return StateView(
        level=level,
        word=word,
        reason=because.reason,
        message=because.message,
        advice=advices.advice(because.reason),
        since=because.since,
        since_time=because.since_time,
    )


def _written(instance: Body) -> Iterator[Mapping[str, Any]]:
    found = instance.get("status", {}).get("conditions")
    return (each for each in (found if isinstance(found, list) else ()) if isinstance(each, Mapping))


def _condition(written: Mapping[str, Any], now: datetime) -> ConditionView:
    type_, status, reason = (one_line(_text(written.get(name)))[:128] for name in ("type", "status", "reason"))
    since = parse_time(_text(written.get("lastTransitionTime")))
    level = _level(type_, status)
    return ConditionView(
        type=type_,
        status=status,
        reason=reason,
        message=one_line(_text(written.get("message"))[:_LONGEST]),
        since=age(since, now),
        since_time=_text(written.get("lastTransitionTime")) if since else "",
        level=level,
        advice="" if level == "good" else advices.advice(reason),
    )


def _level(type_: str, status: str) -> Level:
    if status not in ("True", "False"):
        return "unknown"
    return "good" if is_as_wanted(type_, status) else "passing" if type_ in PASSING else "bad"


def _is_outdated(instance: Body) -> bool:
    return bool(instance.get("status", {}).get("observedGeneration", 0) != instance["metadata"].get("generation", 0))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
