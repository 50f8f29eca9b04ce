"""`kuberedis status` of an instance of local mode: how it is, and where its files are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from kuberedis_cli.local.data_folder import instance_folder
from kuberedis_cli.local.listing import reason
from kuberedis_cli.local.running import known_instance
from kuberedis_cli.local.status import MemberStatus
from kuberedis_cli.output.console import console
from kuberedis_cli.output.lines import write_json
from kuberedis_cli.output.printable import printable
from kuberedis_core.quantities import format_bytes


@dataclass(frozen=True)
class LocalReport:
    """An instance of local mode; sizes in bytes, None while it does not run or does not answer."""

    name: str
    ready: str
    reason: str
    url: str
    memory: int | None
    maxmemory: int | None
    keys: int | None
    members: tuple[MemberStatus, ...]
    folder: str
    log: str


def report(data_folder: Path, name: str) -> LocalReport:
    """The report on an instance of a data folder.

    Raises:
        CommandError: There is no such instance, or it cannot be read.
    """
    folder, status = instance_folder(data_folder, name), known_instance(data_folder, name)
    why, log = reason(status), folder.member(0).log
    if status is None:
        return LocalReport(name, "False", why, "", None, None, None, (), str(folder.path), str(log))
    ready = "False" if why else "True"
    return LocalReport(
        name, ready, why, status.url, status.memory, status.maxmemory, status.keys, status.members, str(folder.path), str(log)
    )


def print_json(found: LocalReport) -> None:
    """Write the report to standard output as one JSON object."""
    write_json(asdict(found))


def print_text(found: LocalReport) -> None:
    """Write the report to standard output."""
    console().print(view(found))


def view(found: LocalReport) -> Table:
    """The report as a person reads it."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, value in _lines(printable(found)):
        table.add_row(name, value)
    return table


def _lines(found: LocalReport) -> Iterator[tuple[str, str | Text]]:
    ready = found.ready == "True"
    yield "name", found.name
    yield "place", "local mode"
    yield "url", found.url or "-"
    yield "ready", Text("True" if ready else f"False ({found.reason})", style="green" if ready else "red")
    yield "memory", _memory(found.memory, found.maxmemory)
    yield "keys", "-" if found.keys is None else f"{found.keys:,}"
    for member in found.members:
        yield "member", f"{member.name} {member.state}, {_memory(member.memory, found.maxmemory)}"
    yield "folder", found.folder
    yield "log", found.log
    if found.reason == "NotRunning":
        yield "", Text("start it with `kuberedis local` and its manifest", style="yellow")


def _memory(used: int | None, limit: int | None) -> str:
    return f"{'-' if used is None else format_bytes(used)} of {'-' if limit is None else format_bytes(limit)}"
