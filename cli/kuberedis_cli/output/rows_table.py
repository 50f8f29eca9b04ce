"""The rows of `kuberedis list` as a table, printed once or kept up to date."""

from collections.abc import Iterable
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from kuberedis_cli.output.console import console
from kuberedis_cli.output.live import show_live
from kuberedis_cli.output.printable import printable
from kuberedis_cli.output.rows import Row, Rows
from kuberedis_core.ages import age
from kuberedis_core.timestamps import parse_time

_STYLES = {"True": "green", "False": "red"}


def print_table(rows: Rows, *, with_namespace: bool) -> None:
    """Write the table to standard output."""
    console().print(table(rows, with_namespace=with_namespace))


def show_table(lists: Iterable[Rows], *, with_namespace: bool) -> None:
    """Keep a table on the terminal up to date, as long as there are lists."""
    show_live(lists, lambda rows: table(rows, with_namespace=with_namespace))


def table(rows: Rows, *, with_namespace: bool) -> Table:
    """The table; a column that is about several members, or about a cluster, is there if an instance has something for it."""
    now = datetime.now(UTC)
    with_members = any(row.replicas > 1 for row in rows.values())
    of_cluster = any(row.namespace is not None for row in rows.values())
    result = Table(box=None, pad_edge=False, header_style="bold")
    if with_namespace:
        result.add_column("NAMESPACE", no_wrap=True)
    of_members = ("PRIMARY", "IN SYNC") if with_members else ()
    for heading in ("NAME", "READY", *of_members, "URL", *(("CAPACITY", "VERSION", "AGE") if of_cluster else ())):
        result.add_column(heading, no_wrap=heading != "URL", overflow="fold")
    for row in printable(list(rows.values())):
        result.add_row(
            *([row.namespace or ""] if with_namespace else ()),
            row.name,
            Text(row.readiness, style=_STYLES.get(row.ready, "yellow")),
            *((row.primary or "-", _in_sync(row)) if with_members else ()),
            row.url or "-",
            *((row.capacity or "-", row.version or "-", age(parse_time(row.created_at), now)) if of_cluster else ()),
        )
    return result


def _in_sync(row: Row) -> Text:
    if row.in_sync is None:
        return Text("-")
    return Text(f"{row.in_sync}/{row.replicas}", style="" if row.in_sync == row.replicas else "yellow")
