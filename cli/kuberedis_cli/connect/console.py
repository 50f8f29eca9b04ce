"""`kuberedis cli`: one command, the commands of a pipe, or a prompt."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from kuberedis_cli.connect.redis_client import RedisClient
from kuberedis_cli.connect.reply_forms import ReplyForm
from kuberedis_cli.connect.session import Session
from kuberedis_cli.errors import CommandError
from kuberedis_cli.output.lines import write_line
from kuberedis_cli.token.minting import Wanted, minted
from kuberedis_core.acl_rule import Scope
from kuberedis_core.instance_secret import Signing
from kuberedis_dashboard.redis.command_line import MAX_LINE_BYTES


def run(name: str, url: str, signing: Signing, scope: Scope | None, command: Sequence[str], output: ReplyForm) -> bool:
    """Run what was asked for.

    Args:
        name: Name of the instance.
        url: Its URL.
        signing: Its key.
        scope: The most that commands may do; None for all that the key permits.
        command: The command; without one, standard input has the lines.
        output: Form of the replies.

    Returns:
        Whether no reply was an error.

    Raises:
        CommandError: The gateway cannot be reached, or refuses.
    """
    is_terminal = sys.stdout.isatty()
    credential = _credential(name, signing, scope)
    client = RedisClient(url, credential)
    session = Session(client, output.at(is_terminal=is_terminal), is_terminal=is_terminal)
    if command:
        words = [os.fsencode(word) for word in command]
        return session.help(" ".join(command[1:]).upper()) if _is_help(command) else session.run(words)
    if not (is_terminal and sys.stdin.isatty()):
        return _all_lines(session)
    from kuberedis_cli.connect.history import history_file
    from kuberedis_cli.connect.prompt import Docs, converse

    write_line(f"{name} at {url}; HELP SET explains a command, Tab completes one, Ctrl-D ends")
    converse(session, name, Docs(RedisClient(url, credential)), history_file(), signing.keys[0])
    return True


def _credential(name: str, signing: Signing, scope: Scope | None) -> Callable[[], str]:
    """The key, or for each request a token of the scope."""
    if scope is None:
        return lambda: signing.keys[0]
    return lambda: minted(signing, name, Wanted(scope, None, None)).token


def _is_help(command: Sequence[str]) -> bool:
    return len(command) > 1 and command[0].upper() == "HELP"


def _all_lines(session: Session) -> bool:
    is_good = True
    while data := sys.stdin.buffer.readline(MAX_LINE_BYTES + 1):
        if len(data) > MAX_LINE_BYTES:
            raise CommandError(f"a line of standard input has more than {MAX_LINE_BYTES} bytes")
        is_good &= session.read(data.decode(errors="surrogateescape"))
    return is_good
