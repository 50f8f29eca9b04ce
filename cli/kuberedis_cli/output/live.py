"""What is kept up to date on a terminal until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from rich.console import RenderableType
from rich.live import Live

from kuberedis_cli.output.console import console

T = TypeVar("T")


def show_live(states: Iterable[T], view: Callable[[T], RenderableType]) -> None:
    """Show each of `states` on the terminal in place of the one before, as long as there is more."""
    with Live(console=console(), auto_refresh=False, vertical_overflow="visible") as live:
        for state in states:
            live.update(view(state), refresh=True)
