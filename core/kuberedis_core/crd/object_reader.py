"""Reads the members of a JSON object, each as what it must be.

What is absent, or null, is the default; anything that does not fit is an `InvalidSpec` that names the field, so that no reader after this
one has to look at a type again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from kuberedis_core.one_line import one_line

T = TypeVar("T")

Shape = Literal["object", "list", "text"]

_SHAPES: Mapping[Shape, type] = {"object": dict, "list": list, "text": str}


class InvalidSpec(ValueError):
    """A spec that cannot be used; the text is one line: which field, what is wrong, what to write instead."""


class Fields:
    """The members of one object.

    Args:
        value: The object, or None for one without members.
        path: What it is called, as `spec.ingress`.
    """

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping | None):
            raise InvalidSpec(f"{path}: is {_shown(value)}; write an object")
        self._members: Mapping[str, Any] = value or {}
        self._path = path

    def names(self) -> list[str]:
        """What the members are called."""
        return list(self._members)

    def child(self, name: str) -> Fields:
        """The members of a member."""
        return Fields(self._members.get(name), f"{self._path}.{name}")

    def refuse(self, name: str, why: str) -> InvalidSpec:
        """The error for a member that does not fit for a reason that only the caller knows."""
        return InvalidSpec(one_line(f"{self._path}.{name}: {why}"))

    def read(self, name: str, reader: Callable[[Any], T]) -> T | None:
        """What `reader` makes of a member; its ValueError says what is wrong."""
        value = self._members.get(name)
        if value is None:
            return None
        try:
            return reader(value)
        except ValueError as error:
            raise self.refuse(name, str(error)) from None

    def required(self, name: str, reader: Callable[[Any], T], example: str) -> T:
        """As `read`, of a member that must be there."""
        value = self.read(name, reader)
        if value is None:
            raise self.refuse(name, f"missing; write for example {example}")
        return value

    def text(self, name: str) -> str | None:
        """A text, or None."""
        return self.read(name, text)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self.read(name, _flag)
        return default if value is None else value

    def choice(self, name: str, choices: Sequence[T]) -> T | None:
        """One of `choices`, or None."""

        def read(value: object) -> T:
            for choice in choices:
                if value == choice:
                    return choice
            raise ValueError(f"{_shown(value)} is not known; write one of {', '.join(map(str, choices))}")

        return self.read(name, read)

    def texts(self, name: str) -> dict[str, str]:
        """An object of texts."""
        return self.objects(name, text)

    def objects(self, name: str, reader: Callable[[Any], T]) -> dict[str, T]:
        """An object whose members all are what `reader` makes of them."""
        members = self.child(name)
        return {member: members.required(member, reader, "a value") for member in members.names()}

    def shaped(self, shapes: Mapping[str, Shape]) -> dict[str, Any]:
        """The members in `shapes` that are not empty, as they are; of each only its shape is looked at."""

        def read(shape: Shape) -> Callable[[Any], Any]:
            def reader(value: object) -> object:
                if not isinstance(value, _SHAPES[shape]):
                    raise ValueError(f"is {_shown(value)}; write {'an object' if shape == 'object' else f'a {shape}'}")
                return value

            return reader

        found = {name: self.read(name, read(shape)) for name, shape in shapes.items()}
        return {name: value for name, value in found.items() if value}


def text(value: object) -> str:
    """A reader of texts."""
    if not isinstance(value, str):
        raise ValueError(f"{_shown(value)} is not a text; put quotes around it")
    return value


def whole(least: int) -> Callable[[object], int]:
    """A reader of whole numbers from `least` on."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{_shown(value)} does not fit; write a whole number, {least} or more")
        return value

    return read


def quantity(parse: Callable[[str], T]) -> Callable[[object], T]:
    """A reader of quantities, which Kubernetes takes as texts and as whole numbers."""

    def read(value: object) -> T:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError(f"{_shown(value)} is not a Kubernetes quantity; write for example 1Gi or 512Mi")
        return parse(str(value))

    return read


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{_shown(value)} is neither; write true or false")
    return value


def _shown(value: object) -> str:
    """A value short enough for a message."""
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
