"""Reads the members of a JSON object, each as the type that it must have.

A member that is absent or null has its default. Anything that does not fit is an `InvalidSpec` that names the field, so that no code after
this reader checks a type again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from kuberedis_core.crd.text_rules import shown
from kuberedis_core.one_line import one_line

T = TypeVar("T")


class InvalidSpec(ValueError):
    """A manifest that cannot be used; the text is one line: the field, what is wrong, what to write instead."""


class ObjectReader:
    """The members of one object.

    Args:
        value: The object, or None for one without members.
        path: Name of the object in messages, such as `spec.ingress`; empty for a whole document.
        known: Names that its members can have; None for any.

    Raises:
        InvalidSpec: The value is not an object, or has a member that is not known.
    """

    def __init__(self, value: object, path: str, known: Collection[str] | None = None) -> None:
        if not isinstance(value, Mapping | None):
            raise InvalidSpec(one_line(f"{path}: is {shown(value)}; write an object"))
        self._members: Mapping[str, Any] = value or {}
        self._path = path
        for name in self._members:
            if not isinstance(name, str):
                raise self.refuse(str(name), f"the name {shown(name)} is not text; put quotes around it")
            if known is not None and name not in known:
                near = get_close_matches(name, known, n=1)
                raise self.refuse(
                    name, f"unknown field; {f'did you mean {near[0]}?' if near else 'remove it, or upgrade if a newer release has it'}"
                )

    def __contains__(self, name: str) -> bool:
        return self._members.get(name) is not None

    def names(self) -> list[str]:
        """The names of the members."""
        return list(self._members)

    def raw(self, names: Collection[str]) -> dict[str, Any]:
        """The members of these names that are neither null nor empty, as they are."""
        return {name: value for name, value in self._members.items() if name in names and value}

    def refuse(self, name: str, why: str) -> InvalidSpec:
        """The error for a member that does not fit, for a reason that only the caller knows."""
        return InvalidSpec(one_line(f"{self._full(name)}: {why}"))

    def child(self, name: str, known: Collection[str] | None = None) -> ObjectReader:
        """The members of a member that is an object."""
        return ObjectReader(self._members.get(name), self._full(name), known)

    def required_child(self, name: str, known: Collection[str] | None, example: str) -> ObjectReader:
        """As `child`, of a member that must be there."""
        if name not in self:
            raise self._missing(name, example)
        return self.child(name, known)

    def read(self, name: str, reader: Callable[[Any], T]) -> T | None:
        """The result of `reader` for a member; its ValueError says what is wrong."""
        value = self._members.get(name)
        return None if value is None else self._call(reader, value, name)

    def required(self, name: str, reader: Callable[[Any], T], example: str) -> T:
        """As `read`, of a member that must be there."""
        value = self.read(name, reader)
        if value is None:
            raise self._missing(name, example)
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self.read(name, truth)
        return default if value is None else value

    def choice(self, name: str, choices: Sequence[T]) -> T | None:
        """One of `choices`, or None."""

        def read(value: object) -> T:
            for choice in choices:
                if value == choice:
                    return choice
            raise ValueError(f"{shown(value)} is not known; write one of {', '.join(map(str, choices))}")

        return self.read(name, read)

    def mapping(self, name: str, reader: Callable[[Any], T], *, key: Callable[[str], object] | None = None, most: int) -> dict[str, T]:
        """A member that is an object with names of the user's choice.

        Args:
            name: Name of the member.
            reader: Reads each value.
            key: Checks each name; its ValueError says what is wrong.
            most: Number of members that it can have.
        """
        members = self.child(name)
        if len(members.names()) > most:
            raise self.refuse(name, f"has {len(members.names())} members; write at most {most}")
        if key is not None:
            for member in members.names():
                self._call(key, member, name)
        return {member: members.required(member, reader, "a value") for member in members.names()}

    def values(self, name: str, reader: Callable[[Any], T], *, most: int, least: int = 0) -> list[T]:
        """A member that is a list, each of its values as `reader` reads it."""
        return [self._call(reader, value, f"{name}[{index}]") for index, value in enumerate(self._list(name, least, most))]

    def objects(self, name: str, known: Collection[str], *, most: int, least: int = 0) -> Iterator[ObjectReader]:
        """A member that is a list of objects."""
        for index, value in enumerate(self._list(name, least, most)):
            path = self._full(f"{name}[{index}]")
            if value is None:
                raise InvalidSpec(f"{path}: is null; write an object")
            yield ObjectReader(value, path, known)

    def _list(self, name: str, least: int, most: int) -> list[Any]:
        value = self._members.get(name)
        if value is None and not least:
            return []
        if value is not None and not isinstance(value, list):
            raise self.refuse(name, f"is {shown(value)}; write a list")
        if value is None or len(value) < least:
            raise self.refuse(name, f"is empty; write at least {least} {'entry' if least == 1 else 'entries'}")
        if len(value) > most:
            raise self.refuse(name, f"has {len(value)} entries; write at most {most}")
        return value

    def _call(self, reader: Callable[[Any], T], value: object, name: str) -> T:
        try:
            return reader(value)
        except ValueError as error:
            raise self.refuse(name, str(error)) from None

    def _missing(self, name: str, example: str) -> InvalidSpec:
        return self.refuse(name, f"missing; write for example {example}")

    def _full(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def whole(least: int, most: int = 2**31 - 1) -> Callable[[object], int]:
    """A reader of whole numbers from `least` to `most`."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            limit = f", at most {most}" if isinstance(value, int) and value > most else ""
            raise ValueError(f"{shown(value)} does not fit; write a whole number, {least} or more{limit}")
        return value

    return read


def quantity(parse: Callable[[str], T]) -> Callable[[object], T]:
    """A reader of quantities, which Kubernetes takes as text and as whole numbers."""

    def read(value: object) -> T:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError(f"{shown(value)} is not a Kubernetes quantity; write for example 1Gi or 512Mi")
        return parse(str(value))

    return read


def truth(value: object) -> bool:
    """A reader of true and false."""
    if not isinstance(value, bool):
        raise ValueError(f"{shown(value)} is neither; write true or false")
    return value
