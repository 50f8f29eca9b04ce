"""One key as a page reads it: a part of its value, with every element cut to a length."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kuberedis_dashboard.redis import scripts
from kuberedis_dashboard.redis.keyspace import Command
from kuberedis_dashboard.redis.replies import Reply

LONGEST_STRING = 64 * 1024
LONGEST_ELEMENT = 4096
ELEMENTS_OF_A_PAGE = 50
_MOST_MEMORY = 16 * 1024 * 1024
"""Bytes that the elements of a page may have in Redis, by the average of the key: Redis copies them before they are cut."""

_CURSOR = re.compile(r"[0-9]{1,20}(-[0-9]{1,20})?")


@dataclass(frozen=True, slots=True)
class Text:
    """A string of Redis, or its beginning."""

    length: int
    beginning: bytes

    @property
    def is_whole(self) -> bool:
        """Whether there is no more of it."""
        return self.length == len(self.beginning)


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a collection.

    Attributes:
        name: Its field in a hash, its place in a list, its identifier in a stream; None in a set and in a sorted set.
        value: The value of the field, the item, or the member.
        score: Of a member of a sorted set, as Redis writes it.
        fields: Fields and values of an entry of a stream, in turn, the first 32 of each, and of each an eighth of what an element may have.
        field_count: How many fields the entry has.
    """

    value: Text
    name: Text | None = None
    score: str = ""
    fields: tuple[Text, ...] = ()
    field_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A key, and a page of its value."""

    type: str
    """`none` if there is no such key."""
    expires_in_ms: int
    memory: int
    encoding: str
    length: int
    """Elements, or bytes of a string."""
    cursor: str
    """Where the page begins, and where the next one does; `FIRST` behind the last."""
    next_cursor: str
    text: Text | None
    """The value of a string."""
    elements: tuple[Element, ...]


def read_command(key: bytes, cursor: str) -> Command:
    """Ask for a page of a key.

    Raises:
        ValueError: The cursor cannot be one.
    """
    if not _CURSOR.fullmatch(cursor):
        raise ValueError("the page does not exist; open the key again")
    return ("EVAL_RO", scripts.READ, 1, key, cursor, ELEMENTS_OF_A_PAGE, LONGEST_ELEMENT, LONGEST_STRING, _MOST_MEMORY)


def element_command(key: bytes, kind: str, name: bytes) -> Command:
    """Ask for the first 64 KiB of a field of a `hash`, or of an item of a `list`."""
    return ("EVAL_RO", scripts.ELEMENT, 1, key, kind, name, LONGEST_STRING)


def read_element(reply: Reply) -> Text | None:
    """The element; None if it is gone.

    Raises:
        ValueError: It is not what the script returns.
    """
    return None if reply is None else _text(reply)


def read(reply: Reply, cursor: str) -> Stored:
    """A key, from the answer to `read_command` with the same cursor.

    Raises:
        ValueError: It is not what the script returns.
    """
    match reply:
        case [
            [bytes() as kind, int() as expires, int() as memory, bytes() as encoding],
            int() as length,
            bytes() as after,
            list() as elements,
        ]:
            type_ = kind.decode(errors="replace")
            return Stored(
                type=type_,
                expires_in_ms=expires,
                memory=memory,
                encoding=encoding.decode(errors="replace"),
                length=length,
                cursor=cursor,
                next_cursor=after.decode("ascii"),
                text=_text(elements[0]) if type_ == "string" else None,
                elements=_elements(type_, elements, cursor),
            )
    raise ValueError("the answer is not that of the script")


def _elements(kind: str, replies: list[Reply], cursor: str) -> tuple[Element, ...]:
    if kind == "stream":
        return tuple(map(_entry, replies))
    if kind not in ("hash", "list", "set", "zset"):
        return ()
    texts = [_text(reply) for reply in replies]
    if kind == "hash":
        return tuple(Element(value, name) for name, value in zip(texts[::2], texts[1::2], strict=True))
    if kind == "zset":
        pairs = zip(texts[::2], texts[1::2], strict=True)
        return tuple(Element(member, score=score.beginning.decode(errors="replace")) for member, score in pairs)
    if kind == "list":
        return tuple(Element(text, _written(str(index).encode())) for index, text in enumerate(texts, int(cursor)))
    return tuple(map(Element, texts))


def _entry(reply: Reply) -> Element:
    match reply:
        case [bytes() as entry_id, int() as count, list() as fields]:
            return Element(_written(entry_id), _written(entry_id), fields=tuple(map(_text, fields)), field_count=count)
    raise ValueError("the answer is not that of the script")


def _text(reply: Reply) -> Text:
    match reply:
        case [int() as length, bytes() as beginning]:
            return Text(length, beginning)
    raise ValueError("the answer is not that of the script")


def _written(text: bytes) -> Text:
    return Text(len(text), text)
