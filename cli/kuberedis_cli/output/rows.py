"""The rows of `kuberedis list`, whose columns are those of `kubectl get rhi`: as JSON, and what changes between two lists."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from kuberedis_cli.output.lines import write_json, write_line

Change = Literal["added", "changed", "removed"]


@dataclass(frozen=True)
class Row:
    """An instance in a list. `ready` is its condition's status, `Unknown` until the operator has written it.

    What is None is not known of an instance of that place, such as the namespace of one of local mode.
    """

    namespace: str | None
    name: str
    ready: str
    reason: str
    url: str
    capacity: str | None
    version: str | None
    created_at: str | None
    replicas: int = 1
    in_sync: int | None = None
    """How many members have all data, the primary included; None with one member, and until the operator has written it."""
    primary: str | None = None

    @property
    def readiness(self) -> str:
        """`ready`, with the reason where there is one for not being so."""
        return self.ready if self.ready == "True" or not self.reason else f"{self.ready} ({self.reason})"


Rows = Mapping[tuple[str | None, str], Row]
"""Rows by namespace and name."""


def by_name(rows: Iterable[Row]) -> Rows:
    """The rows in their order."""
    return {(row.namespace, row.name): row for row in sorted(rows, key=lambda row: (row.namespace or "", row.name))}


def changes(before: Rows, after: Rows) -> Iterator[tuple[Change, Row]]:
    """What makes one list of the other."""
    for name, row in after.items():
        if name not in before:
            yield "added", row
        elif before[name] != row:
            yield "changed", row
    for name in before.keys() - after.keys():
        yield "removed", before[name]


def print_json(rows: Rows) -> None:
    """The rows as one JSON array."""
    write_json([asdict(row) for row in rows.values()])


def print_changes(lists: Iterable[Rows], *, text: bool) -> None:
    """A line for each change, as long as there are lists; at first each instance is new."""
    before: Rows = {}
    for after in lists:
        for change, row in changes(before, after):
            if text:
                name = row.name if row.namespace is None else f"{row.namespace}/{row.name}"
                write_line(f"{change}  {name}  {row.readiness}  {row.url or '-'}")
            else:
                write_json({"event": change, **asdict(row)})
        before = after
