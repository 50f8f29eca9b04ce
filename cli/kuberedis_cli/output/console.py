"""The output of a longer task: a console for people, and its progress for people or programs."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from kuberedis_cli.output.choice import Output
from kuberedis_cli.output.lines import write_json, write_line
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
        with waiting_for(what, as_lines=False):
            yield


@contextmanager
def waiting_for(what: str, *, as_lines: bool) -> Iterator[Callable[[str], None]]:
    """Show what the command waits for: on a terminal as long as the block lasts, and nothing of it remains.

    Args:
        what: What it waits for.
        as_lines: Whether to write a line for each new reason where there is no terminal.

    Yields:
        What tells the reason why it still waits.
    """
    terminal = Console(stderr=True)
    if terminal.is_terminal:
        with terminal.status(_waiting(what)) as shown:
            yield lambda reason: shown.update(_waiting(f"{what}: {reason}"))
        return
    last = ""

    def tell(reason: str) -> None:
        nonlocal last
        if as_lines and reason != last:
            write_line(f"waiting for {what}: {reason}")
        last = reason

    yield tell


def _waiting(what: str) -> Text:
    return Text(f"waiting for {printable(what)}")
