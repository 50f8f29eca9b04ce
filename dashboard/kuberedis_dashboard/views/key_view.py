"""One key as its page shows it: the beginning of a string, or a page of elements, and what can be changed about them."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from kuberedis_dashboard.redis.edits import digest
from kuberedis_dashboard.redis.keyspace import FIRST
from kuberedis_dashboard.redis.presentation import FORMS, as_text, editable, present
from kuberedis_dashboard.redis.readable import readable
from kuberedis_dashboard.redis.stored import Element, Stored, Text
from kuberedis_dashboard.views.amounts import size
from kuberedis_dashboard.views.key_list import expires, length

_LONGEST_SHOWN = 500
"""Characters of an element in the list of elements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueView:
    """A string, or the beginning of one."""

    form: str
    forms: tuple[str, ...]
    shown: str
    note: str
    """Which part is shown; empty if it is everything."""
    edit_form: str
    """In which form it can be edited; empty if it cannot."""
    edit_text: str
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementLine:
    """An element of a collection."""

    label: str
    """Field, place or identifier; empty if it has none beside its value."""
    name: str
    """What it is found by, in base64; empty if that is not known."""
    shown: str
    note: str
    """Which part is shown; empty if it is everything."""
    score: str
    fields: tuple[tuple[str, str], ...]
    more_fields: int
    edit_form: str
    edit_text: str
    seen: str
    """Digest of what an edit replaces: of the value, in a sorted set of the score. Empty if it cannot be edited."""
    can_be_opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """A key and a page of its value."""

    label: str
    field: str
    type: str
    encoding: str
    expires: str
    seconds: int
    """Until it expires; 0 for never."""
    size: str
    length: str
    value: ValueView | None
    elements: tuple[ElementLine, ...]
    element_name: str
    """The element that `value` is, in base64; empty if `value` is the string of the key, or there is none."""
    element_label: str
    cursor: str
    next_cursor: str
    """The next page; empty at the end."""
    is_first: bool
    is_too_large: bool
    """Whether the elements are too large to be read."""


def key_view(key: bytes, stored: Stored, wanted: str) -> KeyView:
    """A key.

    Args:
        key: Its name.
        stored: What it holds.
        wanted: In which form its string is to be shown; empty for that which suits it.
    """
    return KeyView(
        label=readable(key),
        field=b64encode(key).decode(),
        type=stored.type,
        encoding=stored.encoding,
        expires=expires(stored.expires_in_ms),
        seconds=max(stored.expires_in_ms, 0) // 1000,
        size=size(stored.memory),
        length=length(stored.type, stored.length),
        value=None if stored.text is None else value_view(stored.text, wanted),
        elements=tuple(_line(element, stored.type) for element in stored.elements),
        element_name="",
        element_label="",
        cursor=stored.cursor,
        next_cursor="" if stored.next_cursor == FIRST else stored.next_cursor,
        is_first=stored.cursor == FIRST,
        is_too_large=stored.text is None and not stored.elements and stored.length > 0 and stored.next_cursor == FIRST,
    )


def value_view(text: Text, wanted: str) -> ValueView:
    """A string in the form `wanted`, or in that which suits it."""
    form, shown = present(text, wanted)
    edit_form, edit_text = editable(text) or ("", "")
    return ValueView(
        form=form,
        forms=FORMS,
        shown=shown,
        note="" if text.is_whole else f"The first {size(len(text.beginning))} of {size(text.length)}.",
        edit_form=edit_form,
        edit_text=edit_text,
        seen=digest(text.beginning) if text.is_whole else "",
    )


def _line(element: Element, kind: str) -> ElementLine:
    value = element.value
    identity = value if element.name is None else element.name
    has_name = kind in ("hash", "list", "stream")
    shown = as_text(value.beginning)
    part = shown[:_LONGEST_SHOWN]
    edit_form, edit_text = editable(value) or ("", "")
    replaced = element.score.encode() if kind == "zset" else value.beginning if value.is_whole else None
    return ElementLine(
        label=_cut(element.name) if has_name and element.name is not None else "",
        name=b64encode(identity.beginning).decode() if identity.is_whole else "",
        shown=part,
        note="" if value.is_whole and part == shown else f"The beginning of {size(value.length)}.",
        score=element.score,
        fields=tuple((_cut(name), _cut(value)) for name, value in zip(element.fields[::2], element.fields[1::2], strict=False)),
        more_fields=element.field_count - len(element.fields) // 2,
        edit_form=edit_form,
        edit_text=edit_text,
        seen="" if replaced is None else digest(replaced),
        can_be_opened=kind in ("hash", "list") and identity.is_whole and _is_worth_opening(value, part),
    )


def _is_worth_opening(value: Text, shown: str) -> bool:
    """Whether there is more to see than the list shows, or another form of it."""
    return shown.encode() != value.beginning or not value.is_whole or present(value, "")[0] == "json"


def _cut(text: Text) -> str:
    shown = readable(text.beginning)
    return shown if text.is_whole else f"{shown}… ({size(text.length)} long)"
