"""The pod of a member: what its containers do, and why they ended before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.one_line import one_line
from kuberedis_core.timestamps import parse_time
from kuberedis_dashboard.views.ages import age

_LONGEST = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerView:
    """A container."""

    name: str
    is_init: bool
    """It runs before the others, and ends or stays beside them."""
    is_ready: bool
    state: str
    restarts: int
    last_end: str
    """Why and when it ended before; empty if it did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodView:
    """A pod."""

    name: str
    phase: str
    is_ready: bool
    node: str
    age: str
    """Since it started."""
    problem: str
    """Why it is on no node, or was evicted; empty for no reason."""
    containers: tuple[ContainerView, ...]

    @property
    def restarts(self) -> int:
        """Of all its containers."""
        return sum(container.restarts for container in self.containers)


def pod_view(pod: Body, now: datetime) -> PodView:
    """A pod as the page shows it."""
    status = pod.get("status") or {}
    return PodView(
        name=_text(pod["metadata"].get("name")),
        # As kubectl shows it: a pod that is being deleted has no phase of its own for that.
        phase="Terminating" if pod["metadata"].get("deletionTimestamp") else _text(status.get("phase")) or "Unknown",
        is_ready=any((each.get("type"), each.get("status")) == ("Ready", "True") for each in status.get("conditions") or ()),
        node=_text((pod.get("spec") or {}).get("nodeName")),
        age=age(parse_time(status.get("startTime")), now),
        problem=_problem(status),
        containers=tuple(_containers(status, now)),
    )


def _problem(status: Mapping[str, Any]) -> str:
    for condition in status.get("conditions") or ():
        if (condition.get("type"), condition.get("status")) == ("PodScheduled", "False"):
            return _text(condition.get("message") or condition.get("reason"))
    return _text(status.get("message") or status.get("reason"))


def _containers(status: Mapping[str, Any], now: datetime) -> Iterator[ContainerView]:
    for field, is_init in (("initContainerStatuses", True), ("containerStatuses", False)):
        for each in status.get(field) or ():
            ended = (each.get("lastState") or {}).get("terminated")
            yield ContainerView(
                name=_text(each.get("name")),
                is_init=is_init,
                is_ready=bool(each.get("ready")),
                state=_state(each.get("state") or {}),
                restarts=int(each.get("restartCount") or 0),
                last_end=f"{_end(ended)}, {age(parse_time(ended.get('finishedAt')), now)} ago" if ended else "",
            )


def _state(state: Mapping[str, Any]) -> str:
    if "running" in state:
        return "running"
    if ended := state.get("terminated"):
        return f"ended: {_end(ended)}"
    waiting = state.get("waiting") or {}
    reason, message = _text(waiting.get("reason")), _text(waiting.get("message"))
    return ": ".join(filter(None, ("waiting", reason, message)))


def _end(ended: Mapping[str, Any]) -> str:
    """For example `OOMKilled`, or `Error, exit code 1`."""
    reason = _text(ended.get("reason")) or "ended"
    return f"{reason}, exit code {ended.get('exitCode')}" if reason in ("Error", "ended") else reason


def _text(value: object) -> str:
    return one_line(value)[:_LONGEST] if isinstance(value, str) else ""
