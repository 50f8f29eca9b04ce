"""Commands of Upstash's protocol: arguments off JSON, and which commands cannot be sent over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kuberedis_sidecar.commands import CommandTable, Way


class BadCommand(ValueError):
    """A command that is never sent to Redis; the text is its error."""


def refusal(row: Sequence[Any], table: CommandTable) -> str | bool:
    """Why a command is refused; else whether it may block."""
    way = table.way(row)
    if way is Way.REFUSED:
        name = row[0].decode(errors="replace") if isinstance(row[0], bytes) else str(row[0])
        return f'ERR Command "{name}" is not allowed in REST or it has a special context path'
    return way is Way.BLOCKING


def checked(row: Any, table: CommandTable) -> tuple[tuple[str, ...], bool]:
    """One command of a JSON body as text arguments, and whether it may block.

    Raises:
        BadCommand: It is no array of strings, numbers and booleans, or Redis would misunderstand it on a shared connection.
    """
    if not isinstance(row, list):
        raise BadCommand("ERR expected JSON array")
    if not row:
        raise BadCommand("ERR empty command")
    command = tuple(_argument(value) for value in row)
    refused = refusal(command, table)
    if isinstance(refused, str):
        raise BadCommand(refused)
    return command, refused


def _argument(value: Any) -> str:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise BadCommand("ERR half of a surrogate pair is no character; send bytes in the path form") from None
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise BadCommand("ERR null args are not supported")
    raise BadCommand('ERR unsupported arg type: "%s": json.Delim' % ("{" if isinstance(value, dict) else "["))
