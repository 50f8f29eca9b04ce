"""One instance as a row of the list, and the list itself: what needs attention comes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from kuberedis_core.body import Body
from kuberedis_core.crd.names import pod_name
from kuberedis_core.one_line import one_line
from kuberedis_core.timestamps import parse_time
from kuberedis_dashboard.views.ages import age, machine_time
from kuberedis_dashboard.views.conditions import Level, StateView, state

ROWS_A_PAGE = 100
_URGENCY: Mapping[Level, int] = {"bad": 0, "unknown": 1, "passing": 2, "good": 3}
_LONGEST = 500

Order = tuple[int, str, str]
"""What rows are sorted by: how urgent, namespace, name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRow:
    """What the list shows of an instance; texts are empty where nothing is known."""

    id: str
    """Id of its element."""
    namespace: str
    name: str
    state: StateView
    capacity: str
    maxmemory: str
    version: str
    members: int
    in_sync: int | None
    """How many members have all data; None with one member, and until the operator has written it."""
    primary: str
    url: str
    age: str
    created: str

    @property
    def order(self) -> Order:
        """What rows are sorted by."""
        return (_URGENCY[self.state.level], self.namespace, self.name)

    @property
    def first_member(self) -> int:
        """Ordinal of the member whose figures are the instance's: the primary, as far as it is known."""
        return next((ordinal for ordinal in range(self.members) if pod_name(self.name, ordinal) == self.primary), 0)


class Counts(NamedTuple):
    """How many instances there are, how many of them match the filter, and how many of those need attention or are changing."""

    total: int
    matching: int
    attention: int
    changing: int

    @property
    def pages(self) -> int:
        """How many pages the list has."""
        return max(1, -(-self.matching // ROWS_A_PAGE))


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceList:
    """A page of the list."""

    rows: Sequence[InstanceRow]
    counts: Counts
    page: int

    @property
    def first(self) -> int:
        """Number of the first row, from 1."""
        return (self.page - 1) * ROWS_A_PAGE + 1


def row_id(namespace: str, name: str) -> str:
    """Id of an instance's element; an underscore is in no name."""
    return f"i_{namespace}_{name}"


def instance_row(instance: Body, now: datetime) -> InstanceRow:
    """The row of an instance.

    Args:
        instance: the object.
        now: the time.
    """
    metadata, spec, status = instance["metadata"], instance.get("spec") or {}, instance.get("status") or {}
    namespace, name = str(metadata["namespace"]), str(metadata["name"])
    created = parse_time(metadata.get("creationTimestamp"))
    members, in_sync = spec.get("replicas"), status.get("inSyncReplicas")
    return InstanceRow(
        id=row_id(namespace, name),
        namespace=namespace,
        name=name,
        state=state(instance, now),
        capacity=_text(status.get("capacity") or spec.get("capacity")),
        maxmemory=_text(status.get("maxmemory") or spec.get("maxmemory")),
        version=_text(status.get("version") or spec.get("version")),
        members=members if isinstance(members, int) else 1,
        in_sync=in_sync if isinstance(in_sync, int) else None,
        primary=_text(status.get("primary")),
        url=_text(status.get("url")),
        age=age(created, now),
        created=machine_time(created),
    )


def matches(row: InstanceRow, text: str) -> bool:
    """Whether each word of a filter is in what a row shows; upper and lower case are the same."""
    shown = " ".join((row.namespace, row.name, row.state.word, row.state.reason, row.version, row.url)).casefold()
    return all(word in shown for word in text.casefold().split())


def instance_list(rows: Iterable[InstanceRow], text: str, page: int) -> InstanceList:
    """A page of the list.

    Args:
        rows: all instances.
        text: the filter; empty for none.
        page: number of the page, from 1; beyond the last one the last.
    """
    everything = list(rows)
    matching = sorted((row for row in everything if matches(row, text)), key=lambda row: row.order)
    attention = sum(row.state.needs_attention for row in matching)
    counts = Counts(len(everything), len(matching), attention, sum(row.state.level == "passing" for row in matching))
    page = min(max(page, 1), counts.pages)
    return InstanceList(rows=matching[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE], counts=counts, page=page)


def _text(value: object) -> str:
    return "" if value is None else one_line(str(value))[:_LONGEST]
