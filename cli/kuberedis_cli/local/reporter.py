"""The output of events: lines of JSON for a program, text with a live table for a person."""

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from kuberedis_cli.local.events import (
    Changed,
    Dashboard,
    Down,
    Error,
    Event,
    MemberDown,
    MemberRecovered,
    Note,
    PrimaryMoved,
    Ready,
    Recovered,
    Removed,
    Stopped,
)
from kuberedis_cli.local.status import InstanceState, MemberState, Status
from kuberedis_cli.output.choice import Output
from kuberedis_cli.output.console import console
from kuberedis_cli.output.curl import curl_line
from kuberedis_cli.output.lines import write_json
from kuberedis_cli.output.printable import printable
from kuberedis_core.quantities import format_bytes

REFRESH_SECONDS = 1.0

_STATE_STYLES: dict[InstanceState | MemberState, str] = {
    "starting": "yellow",
    "ready": "green",
    "down": "red",
    "no primary": "red",
    "primary": "green",
    "in sync": "green",
    "syncing": "yellow",
}

Statuses = Callable[[], Awaitable[list[Status]]]


class Reporter(Protocol):
    """An output for events."""

    def emit(self, event: Event) -> None:
        """Write one event.

        Raises:
            BrokenPipeError: Nobody reads any more.
        """

    async def watch(self, statuses: Statuses) -> None:
        """Show the state of the instances until it is cancelled."""


class JsonLines:
    """Each event is one line on standard output, flushed."""

    def emit(self, event: Event) -> None:
        write_json({"event": event.name, **asdict(event)})

    async def watch(self, statuses: Statuses) -> None:
        """Nothing to do: a program reads the events, and takes numbers from /metrics."""


class Terminal:
    """Sentences on standard output and, where that is a terminal, a table below them that is kept up to date."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def emit(self, event: Event) -> None:
        for line in describe(printable(event)):
            self._console.print(line, soft_wrap=True)

    async def watch(self, statuses: Statuses) -> None:
        if not self._console.is_terminal:
            return
        with Live(console=self._console, auto_refresh=False) as live:
            while True:
                live.update(status_table(printable(await statuses())), refresh=True)
                await asyncio.sleep(REFRESH_SECONDS)


def reporter_for(output: Output) -> Reporter:
    """The reporter for a form of output."""
    return Terminal(console()) if output.is_text() else JsonLines()


def describe(event: Event) -> Iterator[Text]:
    """An event as lines for a person."""
    match event:
        case Ready(instance, url, _, key_file):
            yield Text.assemble((instance, "bold"), " is ready; try it:")
            yield Text(f"  {curl_line(url, shlex.join(['cat', key_file]))}", style="cyan")
        case Changed(instance, maxmemory, eviction_policy, persistence, replicas):
            memory = f"maxmemory {format_bytes(maxmemory)}, {eviction_policy}"
            yield Text(f"{instance} changed: {memory}, persistence {persistence}, replicas {replicas}")
        case Removed(instance):
            yield Text(f"{instance} is removed")
        case Down(instance, message, pause):
            yield Text(f"{instance} is down: {message}; starting it again in {pause:.1f} s", style="red")
        case MemberDown(_, member, message, pause):
            yield Text(f"{member} is down: {message}; starting it again in {pause:.1f} s", style="yellow")
        case Recovered(name) | MemberRecovered(_, name):
            yield Text(f"{name} is back", style="green")
        case PrimaryMoved(instance, primary, previous, reason):
            yield Text.assemble((primary, "bold"), f" is the primary of {instance} now, in place of {previous} ({reason})")
        case Dashboard(url):
            yield Text("dashboard; open this link, which works once:")
            yield Text(f"  {url}", style="cyan")
        case Error(message):
            yield Text(f"error: {message}", style="red")
        case Note(message):
            yield Text(f"note: {message}", style="dim")
        case Stopped():
            yield Text("stopped")


def status_table(statuses: list[Status]) -> Table:
    """The live view: a row for each instance, and below it one for each of several members."""
    table = Table(caption="Ctrl-C stops everything", caption_justify="left")
    table.add_column("instance", no_wrap=True)
    table.add_column("url", overflow="fold")
    for heading in ("memory", "keys"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for status in statuses:
        table.add_row(
            status.instance,
            status.url,
            f"{_shown(status.memory, format_bytes)} / {format_bytes(status.maxmemory)}",
            _shown(status.keys, str),
            _styled(status.state),
        )
        for member in status.members:
            memory = f"{_shown(member.memory, format_bytes)} / {format_bytes(status.maxmemory)}"
            table.add_row(f"  {member.name}", "", memory, _shown(member.keys, str), _styled(member.state))
    return table


def _styled(state: InstanceState | MemberState) -> Text:
    return Text(state, style=_STATE_STYLES[state])


def _shown(value: int | None, write: Callable[[int], str]) -> str:
    return "-" if value is None else write(value)
