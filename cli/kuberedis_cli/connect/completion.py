"""What the prompt of `kuberedis cli` knows of commands while one is typed: names to complete, and the syntax of that one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from kuberedis_dashboard.redis.command_docs import CommandHelp

_HELP = "HELP "
_MOST = 50


def matching(docs: Iterable[CommandHelp], typed: str) -> Iterator[CommandHelp]:
    """The commands that what was typed may become; HELP takes a command too."""
    start = typed.upper().removeprefix(_HELP)
    return (each for each in docs if start and each.name.startswith(start))


def syntax(docs: Sequence[CommandHelp], typed: str) -> str:
    """Name and arguments of the command in a line; empty if none is known."""
    words = typed.upper().removeprefix(_HELP).split()
    names = [" ".join(words[:count]) for count in (2, 1)]
    found = next((each for name in names for each in docs if each.name == name), None)
    return "" if found is None else f"{found.name} {found.arguments}".rstrip()


class CommandCompleter(Completer):
    """Completes names of commands.

    Args:
        docs: What is known of commands by now.
    """

    def __init__(self, docs: Callable[[], Sequence[CommandHelp]]) -> None:
        self._docs = docs

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:  # noqa: ARG002
        """See `Completer`."""
        typed = document.text_before_cursor.lstrip()
        start = typed.upper().removeprefix(_HELP)
        for count, each in enumerate(matching(self._docs(), typed)):
            if count == _MOST:
                return
            name = each.name.lower() if start and typed[-len(start) :].islower() else each.name
            yield Completion(name, start_position=-len(start), display=each.name, display_meta=each.summary)
