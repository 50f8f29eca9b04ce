"""`kuberedis list`: one line for each instance. The columns are those of `kubectl get rhi`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from kuberedis_cli.cluster.instances import condition
from kuberedis_cli.output.console import console
from kuberedis_cli.output.lines import write_json
from kuberedis_cli.output.printable import printable
from kuberedis_core.ages import age
from kuberedis_core.body import Body
from kuberedis_core.timestamps import parse_time

_STYLES = {"True": "green", "False": "red"}


@dataclass(frozen=True)
class Row:
    """An instance in a list. `ready` is its condition's status, `Unknown` until the operator has written it."""

    namespace: str
    name: str
    ready: str
    reason: str
    url: str
    capacity: str
    version: str
    created_at: str
    replicas: int = 1
    in_sync: int | None = None
    """How many members have all data, the primary included; None with one member, and until the operator has written it."""
    primary: str | None = None


def row(instance: Body) -> Row:
    """The row of an instance."""
    metadata, spec, status = instance["metadata"], instance["spec"], instance.get("status", {})
    ready = condition(instance, "Ready")
    replicas = spec.get("replicas", 1)
    return Row(
        namespace=metadata["namespace"],
        name=metadata["name"],
        ready=ready.get("status", "Unknown"),
        reason=ready.get("reason", ""),
        url=status.get("url", ""),
        capacity=str(status.get("capacity") or spec["capacity"]),
        version=status.get("version") or spec.get("version", ""),
        created_at=metadata["creationTimestamp"],
        replicas=replicas,
        in_sync=status.get("inSyncReplicas") if replicas > 1 else None,
        primary=status.get("primary") if replicas > 1 else None,
    )


def print_json(rows: Sequence[Row]) -> None:
    """The rows as one JSON array."""
    write_json([asdict(row) for row in rows])


def print_text(rows: Sequence[Row], *, with_namespace: bool) -> None:
    """The rows as a table; the columns on members are there if an instance has several."""
    now = datetime.now(UTC)
    with_members = any(row.replicas > 1 for row in rows)
    table = Table(box=None, pad_edge=False, header_style="bold")
    if with_namespace:
        table.add_column("NAMESPACE", no_wrap=True)
    of_members = ("PRIMARY", "IN SYNC") if with_members else ()
    for heading in ("NAME", "READY", *of_members, "URL", "CAPACITY", "VERSION", "AGE"):
        table.add_column(heading, no_wrap=heading != "URL", overflow="fold")
    for row in printable(list(rows)):
        ready = row.ready if row.ready == "True" or not row.reason else f"{row.ready} ({row.reason})"
        cells: list[str | Text] = [
            row.name,
            Text(ready, style=_STYLES.get(row.ready, "yellow")),
            *((row.primary or "-", _in_sync(row)) if with_members else ()),
            row.url or "-",
            row.capacity,
            row.version or "-",
        ]
        if with_namespace:
            cells.insert(0, row.namespace)
        table.add_row(*cells, age(parse_time(row.created_at), now))
    console().print(table)


def _in_sync(row: Row) -> Text:
    if row.in_sync is None:
        return Text("-")
    return Text(f"{row.in_sync}/{row.replicas}", style="" if row.in_sync == row.replicas else "yellow")
