"""The output of the commands for a cluster: a console for people, and the progress of a longer task for people or programs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from kuberedis_cli.output.choice import Output
from kuberedis_cli.output.lines import write_json
from kuberedis_cli.output.printable import printable

_UNLIMITED = 10_000
"""Columns where there is no terminal, so that nothing is wrapped or cut for the next program."""


def console() -> Console:
    """Standard output, as wide as it needs to be; square brackets in a text are not markup."""
    return Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else _UNLIMITED)


class Progress:
    """Reports the steps of a task: as sentences, or each as a line of JSON with the member `event`."""

    def __init__(self, output: Output) -> None:
        self._text = output.is_text()

    def report(self, event: str, *lines: str, **members: object) -> None:
        """Report one step, as text of one line or more."""
        if self._text:
            console().print(*map(printable, lines), sep="\n", soft_wrap=True)
        else:
            write_json({"event": event, **members})

    @contextmanager
    def waiting_for(self, what: str) -> Iterator[None]:
        """Show on a terminal what the command waits for; nothing of it remains."""
        terminal = Console(stderr=True)
        if not terminal.is_terminal:
            yield
            return
        with terminal.status(f"waiting for {printable(what)}"):
            yield
