"""What the console prints for a line."""

from __future__ import annotations

from dataclasses import dataclass

from kuberedis_dashboard.redis.readable import readable

LONGEST_OUTPUT = 256 * 1024
"""Characters of a reply that are shown."""
_LONGEST_LINE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A line and its reply."""

    line: str
    """As it was typed, for sending it again."""
    echo: str
    """The same as text that can be shown."""
    text: str
    is_error: bool
    note: str
    """What is missing of the reply; empty if nothing is."""
    loss: str
    """What the command would destroy; if there is something, it was not run and waits to be confirmed."""


def output(line: str, text: str, *, is_error: bool = False, loss: str = "") -> Output:
    """What to print.

    Args:
        line: What was typed.
        text: The reply, in lines.
        is_error: Whether it is an error.
        loss: What has to be confirmed.
    """
    echo = readable(line.encode(errors="replace"))
    return Output(
        line=line,
        echo=echo if len(echo) <= _LONGEST_LINE else f"{echo[:_LONGEST_LINE]}…",
        text=text[:LONGEST_OUTPUT],
        is_error=is_error,
        note=f"Cut: the reply has {len(text):,} characters." if len(text) > LONGEST_OUTPUT else "",
        loss=loss,
    )
