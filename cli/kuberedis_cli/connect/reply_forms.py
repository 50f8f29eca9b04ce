"""Replies as `kuberedis cli` writes them: for a person as redis-cli shows them, in a pipe as they are, for a program as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from kuberedis_dashboard.redis.readable import readable
from kuberedis_dashboard.redis.replies import ErrorReply, Reply
from kuberedis_dashboard.redis.reply_text import format_reply


class ReplyForm(StrEnum):
    """The values of `--output` of `kuberedis cli`."""

    AUTO = "auto"
    TEXT = "text"
    RAW = "raw"
    JSON = "json"

    def at(self, *, is_terminal: bool) -> ReplyForm:
        """The form itself, in place of `auto`."""
        if self is not ReplyForm.AUTO:
            return self
        return ReplyForm.TEXT if is_terminal else ReplyForm.RAW


def written(reply: Reply, command: Sequence[bytes], form: ReplyForm, *, is_terminal: bool) -> bytes:
    """The bytes to write for a reply.

    Args:
        reply: The reply.
        command: Name and arguments, some of which redis-cli shows differently.
        form: The form; not `auto`.
        is_terminal: Whether a terminal reads it: it gets no byte that it would obey.
    """
    match form:
        case ReplyForm.JSON:
            name = "error" if isinstance(reply, ErrorReply) else "result"
            return json.dumps({name: _plain(reply)}).encode() + b"\n"
        case ReplyForm.RAW:
            data = _raw(reply) + b"\n"
            return readable(data, kept="\n\t").encode() if is_terminal else data
        case _:
            return format_reply(reply, command).encode()


def _raw(reply: Reply) -> bytes:
    """As `cliFormatReplyRaw` of redis-cli: values alone, the elements of an array each on a line."""
    if isinstance(reply, list):
        return b"\n".join(map(_raw, reply))
    if isinstance(reply, str):
        return reply.encode(errors="replace")
    return reply if isinstance(reply, bytes) else b"" if reply is None else str(reply).encode()


def _plain(reply: Reply) -> Any:
    if isinstance(reply, list):
        return [_plain(element) for element in reply]
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply
