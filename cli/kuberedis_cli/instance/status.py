"""`kuberedis status`: the report on an instance, shown once or as it changes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, TypeVar

from rich.console import RenderableType

from kuberedis_cli.local import report as local
from kuberedis_cli.local.listing import POLL_SECONDS
from kuberedis_cli.local.report import LocalReport
from kuberedis_cli.output.choice import Output
from kuberedis_cli.output.live import show_live

if TYPE_CHECKING:
    from kuberedis_cli.cluster.connection import Cluster

T = TypeVar("T")


def of_cluster(cluster: Cluster, name: str, output: Output, *, watch: bool) -> None:
    """Show the report on the instance `name` of a cluster."""
    from kuberedis_cli.cluster.status.follow import follow
    from kuberedis_cli.cluster.status.gather import gather
    from kuberedis_cli.cluster.status.view import print_json, print_text, view

    reports = follow(cluster, name) if watch else [gather(cluster, name)]
    _show(reports, output, view, print_text, print_json, watch=watch)


def of_local_mode(folder: Path, name: str, output: Output, *, watch: bool) -> None:
    """Show the report on the instance `name` of a data folder."""
    reports = _follow(folder, name) if watch else [local.report(folder, name)]
    _show(reports, output, local.view, local.print_text, local.print_json, watch=watch)


def _follow(folder: Path, name: str) -> Iterator[LocalReport]:
    while True:
        yield local.report(folder, name)
        sleep(POLL_SECONDS)


def _show(
    reports: Iterable[T],
    output: Output,
    view: Callable[[T], RenderableType],
    print_text: Callable[[T], None],
    print_json: Callable[[T], None],
    *,
    watch: bool,
) -> None:
    if watch and output.is_text() and sys.stdout.isatty():
        show_live(reports, view)
        return
    write, before = print_text if output.is_text() else print_json, None
    for report in reports:
        if report != before:
            write(report)
        before = report
