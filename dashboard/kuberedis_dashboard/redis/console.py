"""What the console does with a line: a command for Redis, help, or a word of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kuberedis_dashboard.redis.command_line import split
from kuberedis_dashboard.redis.destructive import loss_of

_ENDING = frozenset((b"EXIT", b"QUIT"))


@dataclass(frozen=True, slots=True)
class Line:
    """A line that somebody typed.

    Attributes:
        command: Name and arguments; empty if nothing is to be sent.
        help: The command, in capitals, that help is wanted for; empty if none is.
        note: What to show in place of a reply; empty if a command is to be sent.
        loss: What the command destroys, which has to be confirmed; empty if nothing.
    """

    command: Sequence[bytes] = ()
    help: str = ""
    note: str = ""
    loss: str = ""


def read_line(text: str) -> Line:
    """Read a line as redis-cli would.

    Raises:
        ValueError: It is no command; the text says what to do.
    """
    words = split(text)
    if not words:
        return Line(note="Write a command, such as GET key, or HELP GET.")
    name = words[0].upper()
    if name in (b"HELP", b"?"):
        wanted = b" ".join(words[1:]).decode(errors="replace").upper()
        return Line(help=wanted) if wanted else Line(note="Write HELP and a command, such as HELP SET.")
    if name in _ENDING:
        return Line(note="There is nothing to end: each command has a connection of its own.")
    return Line(command=words, loss=loss_of(words))
