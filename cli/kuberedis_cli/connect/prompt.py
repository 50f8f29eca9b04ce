"""The prompt of `kuberedis cli`: lines with history, completion and the syntax of the command that is typed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app

from kuberedis_cli.connect.completion import CommandCompleter, syntax
from kuberedis_cli.connect.history import open_history
from kuberedis_cli.connect.redis_client import RedisClient
from kuberedis_cli.connect.session import Session, documented
from kuberedis_cli.errors import CommandError
from kuberedis_cli.output.lines import write_line
from kuberedis_dashboard.redis.command_docs import CommandHelp

_ENDING = ("exit", "quit")


class Docs:
    """What the server says of its commands, fetched while the first line is typed.

    Args:
        client: A client of its own, for it is used beside that of the commands.
    """

    def __init__(self, client: RedisClient) -> None:
        self._client = client
        self._found: Sequence[CommandHelp] = ()
        Thread(target=self._fetch, daemon=True).start()

    def __call__(self) -> Sequence[CommandHelp]:
        return self._found

    def _fetch(self) -> None:
        with suppress(CommandError):  # the first command says what is wrong; without completion it works as well
            self._found = documented(self._client)
        self._client.close()


def converse(session: Session, name: str, docs: Docs, history: Path, credential: str) -> None:
    """Read lines from the terminal, and do what they say, until Ctrl-D, `exit` or `quit`. Ctrl-C ends a command or drops a line.

    Args:
        session: Does it.
        name: Name of the instance, for the prompt.
        docs: What is known of commands.
        history: File for the lines.
        credential: The key, which is no part of it.
    """
    prompt: PromptSession[str] = PromptSession(
        f"{name}> ",
        history=open_history(history, credential),
        completer=CommandCompleter(docs),
        complete_while_typing=True,
        bottom_toolbar=lambda: syntax(docs(), get_app().current_buffer.text) or None,
    )
    while True:
        try:
            line = prompt.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if line.strip().lower() in _ENDING:
            return
        try:
            session.read(line)
        except KeyboardInterrupt:
            write_line("")
        except CommandError as error:
            write_line(f"(error) {error}")
