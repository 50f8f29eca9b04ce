"""RESP2 (https://redis.io/docs/latest/develop/reference/protocol-spec/): commands to bytes, and bytes to replies, by hiredis.

hiredis returns a status reply and a bulk string alike as bytes, and tells neither how long a reply is nor where it ends. Where one of these
is needed, ``measured_reply`` reads one reply at a time by its lengths; all others are read here, as many as have come at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import hiredis

from kuberedis_sidecar.errors import BadCommand, ErrorReply, UnreadableReply
from kuberedis_sidecar.redis.replies import Command

BULK_OK = b"$2\r\nOK\r\n"
"""What may be in bytes only where a bulk string has to be told from a status reply."""

_LARGE_BYTES = 12 * 1024
_STRINGS = (bytes, str)

# What stands before an argument, by its length, and before a command, by the number of its arguments; each ends the line before.
_LENGTHS = [f"\r\n${length}\r\n" for length in range(1024)]
_TWO, _THREE = "\r\n*2", "\r\n*3"

# The stubs of hiredis declare a tuple of one element.
_pack_command: Callable[[tuple[Any, ...]], bytes] = cast("Any", hiredis.pack_command)


def pack(commands: Sequence[Command]) -> bytes:
    """The bytes of commands.

    Raises:
        BadCommand: An argument is not bytes, text or a number, or its text cannot be encoded in UTF-8.
    """
    try:
        if len(commands) == 1:
            command = tuple(commands[0])
            last = command[-1]
            large = type(last) in _STRINGS and len(last) > _LARGE_BYTES  # type: ignore[arg-type]
            return _pack_large(command) if large else _pack_command(command)
        return _pack_short_texts(commands) or b"".join(map(_pack_command, map(tuple, commands)))
    except (TypeError, UnicodeEncodeError):
        raise BadCommand("ERR an argument is neither bytes nor text in UTF-8") from None


def _pack_short_texts(commands: Sequence[Any]) -> bytes:
    """The bytes of commands whose arguments are short ASCII text, as in most pipelines; nothing for others.

    hiredis takes twice as long, because it makes an array, a string and bytes for each command.
    """
    parts: list[str] = []
    try:
        for command in commands:
            count = len(command)
            if count == 2:
                name, key = command
                parts += _TWO, _LENGTHS[len(name)], name, _LENGTHS[len(key)], key
            elif count == 3:
                name, key, value = command
                # Where it is not, it is usually so in a value, and the rest would be in vain.
                if not value.isascii():
                    return b""
                parts += _THREE, _LENGTHS[len(name)], name, _LENGTHS[len(key)], key, _LENGTHS[len(value)], value
            else:
                parts.append(f"\r\n*{count}")
                for argument in command:
                    parts += _LENGTHS[len(argument)], argument
        parts.append("\r\n")
        text = "".join(parts)
    except (AttributeError, IndexError, TypeError):
        return b""
    return text[2:].encode() if text.isascii() else b""


def _pack_large(command: tuple[Any, ...]) -> bytes:
    """The bytes of a command with a large argument: hiredis would copy that three times, and a copy of ten megabytes takes milliseconds."""
    parts = [b"*%d\r\n" % len(command)]
    for argument in command:
        if type(argument) is str:
            argument = argument.encode()  # noqa: PLW2901
        if type(argument) is not bytes:
            return _pack_command(command)
        parts += (b"$%d\r\n" % len(argument), argument, b"\r\n")
    return b"".join(parts)


def pack_each(commands: Sequence[Command]) -> list[bytes]:
    """The bytes of each command.

    Raises:
        BadCommand: See `pack`.
    """
    return [pack((command,)) for command in commands]


class ReplyReader:
    """Reads replies from bytes without a `BULK_OK` in them.

    Attributes:
        incomplete: Whether a reply has begun and not ended.
    """

    __slots__ = ("_reader", "incomplete")

    def __init__(self) -> None:
        self._reader = hiredis.Reader(replyError=ErrorReply)
        self.incomplete = False

    def feed(self, data: bytes) -> list[Any]:
        """The replies that `data` completes.

        Raises:
            UnreadableReply: hiredis cannot read one, for example because it is nested too deeply; then the reader is of no use any more.
        """
        reader = self._reader
        reader.feed(data)
        gets = reader.gets
        replies: list[Any] = []
        try:
            if self.incomplete or b"*" in data:
                return self._feed_arrays(replies)
            while (reply := gets()) is not False:
                replies.append(reply)
        except hiredis.ProtocolError as problem:
            raise UnreadableReply(str(problem)) from None
        self.incomplete = reader.has_data() or not data.endswith(b"\n")
        return replies

    def _feed_arrays(self, replies: list[Any]) -> list[Any]:
        # Between two elements of an array, hiredis says that it has no data.
        reader, self.incomplete = self._reader, False
        while reader.has_data():
            reply = reader.gets()
            if reply is False:
                self.incomplete = True
                break
            replies.append(reply)
        return replies
