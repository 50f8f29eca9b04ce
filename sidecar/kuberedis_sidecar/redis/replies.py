"""Commands and replies as Python values. Pure: the parser is in ``resp``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from kuberedis_sidecar.errors import ErrorReply

Command: TypeAlias = Sequence[bytes | str | int]
"""The name of a command and its arguments; text must be encodable in UTF-8."""


class BulkOk(bytes):
    """A top-level bulk string ``OK``; plain ``b"OK"`` at the top of a reply is the status reply."""


Reply: TypeAlias = "bytes | int | ErrorReply | list[Reply] | None"
Replies: TypeAlias = Sequence[Reply]
