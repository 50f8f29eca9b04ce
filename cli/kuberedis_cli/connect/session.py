"""What `kuberedis cli` does with a command: sends it, follows a stream, explains a command; one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from kuberedis_cli.connect.pushed import KINDS, pushed
from kuberedis_cli.connect.redis_client import RedisClient
from kuberedis_cli.connect.reply_forms import ReplyForm, written
from kuberedis_cli.output.lines import write_bytes
from kuberedis_dashboard.redis.command_docs import CommandHelp, help_text, read_docs
from kuberedis_dashboard.redis.console import read_line
from kuberedis_dashboard.redis.replies import ErrorReply, Reply

_TRANSACTION = "each command is a request of its own; a transaction is one request, POST /multi-exec, or a script by EVAL"
_CONNECTION = "each command is a request of its own, so there is no connection that it could change"
_INSTEAD = {
    **dict.fromkeys((b"MULTI", b"EXEC", b"DISCARD", b"WATCH", b"UNWATCH"), _TRANSACTION),
    **dict.fromkeys((b"AUTH", b"HELLO", b"SELECT", b"CLIENT", b"RESET", b"READONLY", b"READWRITE"), _CONNECTION),
    b"SSUBSCRIBE": "the gateway has streams of channels and patterns: SUBSCRIBE and PSUBSCRIBE",
    b"SYNC": "the gateway sends no replication stream",
    b"PSYNC": "the gateway sends no replication stream",
}
"""What to do in place of commands that need a connection of their own."""


class Session:
    """Runs commands, and writes their replies to standard output.

    Args:
        client: The client.
        form: Form of the replies; not `auto`.
        is_terminal: Whether standard output is a terminal.
    """

    def __init__(self, client: RedisClient, form: ReplyForm, *, is_terminal: bool) -> None:
        self._client = client
        self._form = form
        self._is_terminal = is_terminal

    def read(self, text: str) -> bool:
        """Do what a line says, as redis-cli reads it. Returns whether all went well.

        Raises:
            GatewayError: The gateway cannot be reached, or refuses.
        """
        if not text.strip():
            return True
        try:
            line = read_line(text)
        except ValueError as error:
            return self._write(ErrorReply(str(error)), ())
        if line.note:
            return self._write(ErrorReply(line.note), ())
        return self.help(line.help) if line.help else self.run(line.command)

    def run(self, command: Sequence[bytes]) -> bool:
        """Run a command and write its reply; of a stream all messages until it ends. Returns whether it went well; raises as `read`."""
        name = command[0].upper()
        if name in _INSTEAD:
            return self._write(ErrorReply(f"{name.decode()} does not work over HTTP: {_INSTEAD[name]}"), command)
        if (kind := KINDS.get(name)) and (kind == "monitor" or len(command) > 1):
            for data in self._client.events(kind, command[1:]):
                self._write(pushed(data, kind, command[1:]), command)
            return True
        return self._write(self._client.run(command), command)

    def help(self, wanted: str) -> bool:
        """Write what the server says of a command. Returns whether there is something; raises as `read`."""
        docs = documented(self._client, wanted.partition(" ")[0])
        write_bytes(help_text(docs, wanted).encode())
        return bool(docs)

    def _write(self, reply: Reply, command: Sequence[bytes]) -> bool:
        write_bytes(written(reply, command, self._form, is_terminal=self._is_terminal))
        return not isinstance(reply, ErrorReply)


def documented(client: RedisClient, *names: str) -> tuple[CommandHelp, ...]:
    """What the server says of these commands, or of all; nothing if it is older than COMMAND DOCS, or may not be asked.

    Raises:
        GatewayError: The gateway cannot be reached, or refuses.
    """
    return read_docs(client.run((b"COMMAND", b"DOCS", *(name.encode() for name in names))))
