"""Texts of others as a terminal may show them: in a token, an event, a message or a name of a file, anybody may have written anything."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")


def printable(value: T) -> T:
    """`value` with escapes, as Python writes them, for what moves the cursor, changes colours or reorders letters.

    Args:
        value: A text; or mappings, sequences and dataclasses of texts, whatever their depth. Everything else stays as it is.
    """
    return _printable(value)  # type: ignore[no-any-return]


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in value)
    if isinstance(value, Mapping):
        return {_printable(name): _printable(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_printable, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _printable(getattr(value, field.name)) for field in fields(value) if field.init})
    return value
