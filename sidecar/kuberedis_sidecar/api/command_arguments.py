"""Commands of Upstash's protocol: arguments off JSON, and which commands cannot be sent over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kuberedis_sidecar.api.model import Context
from kuberedis_sidecar.redis.command_table import Way


class BadCommand(ValueError):
    """A command that is never sent to Redis; the text is its error."""


def prepared(row: Sequence[Any], context: Context) -> tuple[tuple[Any, ...], bool]:
    """A command as Redis takes it, and whether it may block.

    Raises:
        BadCommand: It is refused.
    """
    way = context.table.way(row)
    if way is Way.REFUSED:
        name = row[0].decode(errors="replace") if isinstance(row[0], bytes) else str(row[0])
        raise BadCommand(f'ERR Command "{name}" is not allowed in REST or it has a special context path')
    return context.scripts.prepare(row), way is Way.BLOCKING


def checked(row: Any, context: Context) -> tuple[tuple[Any, ...], bool]:
    """One command of a JSON body as Redis takes it, and whether it may block.

    Raises:
        BadCommand: It is no array of strings, numbers and booleans, or Redis would misunderstand it on a shared connection.
    """
    if not isinstance(row, list):
        raise BadCommand("ERR expected JSON array")
    if not row:
        raise BadCommand("ERR empty command")
    return prepared([_argument(value) for value in row], context)


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
