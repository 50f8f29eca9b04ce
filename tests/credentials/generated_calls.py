"""Calls of a command, generated from what the server says of its arguments (COMMAND DOCS), and from nothing but their number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

KEY = object()
"""Stands for a key in a generated call."""

NUMBER_OF_KEYS = object()
"""Stands for the number of keys that follow."""

Call = list[Any]

_VALUES = {
    "string": "v",
    "integer": "1",
    "double": "1",
    "pattern": "*",
    "unix-time": "9999999999",
    "pure-token": "",
}


@dataclass(frozen=True)
class Argument:
    """An argument as COMMAND DOCS describes it."""

    name: str
    type: str
    token: str | None
    flags: frozenset[str]
    parts: tuple["Argument", ...]


def argument(described: Any) -> Argument:
    """Read an element of `arguments` in the reply of COMMAND DOCS."""
    members = pairs(described)
    return Argument(
        name=text(members["name"]),
        type=text(members["type"]),
        token=text(members["token"]) if "token" in members else None,
        flags=frozenset(map(text, members.get("flags", ()))),
        parts=tuple(argument(part) for part in members.get("arguments", ())),
    )


def calls(name: str, arguments: Sequence[Argument]) -> Iterator[Call]:
    """Calls in which each argument takes each of its forms at least once, without and with all optional arguments."""
    for form in _sequence(arguments):
        yield [*name.split("|"), *form]


def with_foreign_key(call: Call, own: str, foreign: str) -> Iterator[list[str]]:
    """The call with one foreign key among its own, at each place in turn."""
    places = [index for index, part in enumerate(call) if part is KEY]
    counted = [str(call[index:].count(KEY)) if part is NUMBER_OF_KEYS else part for index, part in enumerate(call)]
    for place in places:
        yield [foreign if index == place else own if part is KEY else part for index, part in enumerate(counted)]


def arguments_by_number(fewest: int, foreign: str, pool: Sequence[str]) -> Iterator[list[str]]:
    """Arguments with the foreign key at each place, and all others alike, from the fewest that are executed to three more."""
    for count in range(max(fewest, 1), fewest + 4):
        for place, other in product(range(count), pool):
            yield [foreign if index == place else other for index in range(count)]


def pairs(reply: Any) -> dict[str, Any]:
    """A map in a reply, as RESP2 writes it or already read."""
    if isinstance(reply, dict):
        return {text(name): value for name, value in reply.items()}
    return dict(zip(map(text, reply[::2]), reply[1::2], strict=True))


def text(value: Any) -> str:
    """A name in a reply."""
    return value.decode() if isinstance(value, bytes) else str(value)


def _sequence(arguments: Sequence[Argument]) -> Iterator[Call]:
    """Each form of each argument in turn, among the first forms of the others; and with the last forms of all."""
    forms = [list(_forms(one)) for one in arguments]
    first = [some[0] for some in forms]
    yield _joined(first)
    for index, some in enumerate(forms):
        for form in some[1:]:
            yield _joined([*first[:index], form, *first[index + 1 :]])
    yield _joined([some[-1] for some in forms])


def _forms(one: Argument) -> Iterator[Call]:
    if "optional" in one.flags:
        yield []
    token = [one.token] if one.token else []
    for value in _values(one):
        yield [*token, *value]
        if "multiple" in one.flags:
            yield [*token, *value, *(token if "multiple_token" in one.flags else []), *value]


def _values(one: Argument) -> Iterator[Call]:
    if one.type == "key":
        yield [KEY]
    elif one.name == "numkeys":
        yield [NUMBER_OF_KEYS]
    elif one.type == "oneof":
        for part in one.parts:
            yield from _forms(part)
    elif one.type == "block":
        yield from _sequence(one.parts)
    else:
        yield [value] if (value := _VALUES[one.type]) else []


def _joined(forms: Sequence[Call]) -> Call:
    return [part for form in forms for part in form]
