"""Commands from clients: their arguments as Redis takes them, and commands that cannot be sent over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, filterfalse
from operator import itemgetter
from typing import Any

from kuberedis_sidecar.api import json_body
from kuberedis_sidecar.api.model import Context
from kuberedis_sidecar.errors import BadCommand
from kuberedis_sidecar.redis.command_table import CommandTable, Dispatch
from kuberedis_sidecar.redis.replies import Command

_first = itemgetter(0)


def prepare(row: Sequence[Any], context: Context) -> tuple[Command, Dispatch]:
    """A command as Redis takes it, and what it has to be sent on.

    Args:
        row: Name and arguments, text or bytes.
        context: Command table and scripts.

    Raises:
        BadCommand: It is refused.
    """
    if row[0] in context.table.shared:
        return tuple(row), Dispatch.SHARED
    dispatch = context.table.dispatch(row)
    if dispatch is Dispatch.REFUSED:
        name = row[0].decode(errors="replace") if isinstance(row[0], bytes) else str(row[0])
        raise BadCommand(f'ERR Command "{name}" is not allowed in REST or it has a special context path')
    return context.scripts.prepare(row), dispatch


def prepare_json(row: Any, context: Context) -> tuple[Command, Dispatch]:
    """One command of a JSON body as Redis takes it, and what it has to be sent on.

    Raises:
        BadCommand: It is not an array of strings, numbers and booleans, or it is refused.
    """
    if not isinstance(row, list):
        raise BadCommand("ERR expected JSON array")
    if not row:
        raise BadCommand("ERR empty command")
    try:
        if all(map(str.isascii, row)):
            return prepare(row, context)
    except TypeError:
        # Not all of them are text.
        pass
    return prepare([_argument(value) for value in row], context)


def positions(dispatches: Iterable[Dispatch], kind: Dispatch) -> tuple[int, ...]:
    """Where in a plan the commands of a kind are."""
    return tuple(position for position, dispatch in enumerate(dispatches) if dispatch is kind)


def are_simple(rows: list[Any], table: CommandTable, verify: bool) -> bool:
    """Whether each row of a JSON body is an array of text whose name is in `CommandTable.shared`, and so a command as it is.

    There may be thousands, so the loops run in C.

    Args:
        rows: Elements of the body.
        table: Command table.
        verify: Whether to check the arguments as well as the names.
    """
    try:
        if not table.shared.issuperset(map(_first, rows)):
            return False
        if not verify:
            return True
        # Fails unless all arguments are text, and can be encoded: JSON can express half of a surrogate pair.
        for argument in filterfalse(str.isascii, chain.from_iterable(rows)):
            argument.encode()
    except (LookupError, TypeError, UnicodeEncodeError):
        return False
    return True


def _argument(value: Any) -> str | bytes:
    if isinstance(value, str):
        return json_body.as_utf8(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise BadCommand("ERR null args are not supported")
    raise BadCommand('ERR unsupported arg type: "%s": json.Delim' % ("{" if isinstance(value, dict) else "["))
