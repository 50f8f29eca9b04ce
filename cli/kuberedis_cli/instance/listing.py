"""`kuberedis list`: how rows are shown, once or as they change."""

import sys
from collections.abc import Iterable

from kuberedis_cli.output.choice import Output
from kuberedis_cli.output.lines import write_line
from kuberedis_cli.output.rows import Rows, print_changes, print_json


def show(rows: Rows, output: Output, *, with_namespace: bool, none: str) -> None:
    """Show a list once; `none` says to a person that there is nothing in it."""
    if not output.is_text():
        print_json(rows)
    elif rows:
        from kuberedis_cli.output.rows_table import print_table  # rich takes as long as half of a list

        print_table(rows, with_namespace=with_namespace)
    else:
        write_line(none, error=True)


def show_changes(lists: Iterable[Rows], output: Output, *, with_namespace: bool) -> None:
    """Show a list, and what changes in it, as long as there are lists."""
    if output.is_text() and sys.stdout.isatty():
        from kuberedis_cli.output.rows_table import show_table

        show_table(lists, with_namespace=with_namespace)
    else:
        print_changes(lists, text=output.is_text())
