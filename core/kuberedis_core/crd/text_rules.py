"""Readers of text in a manifest, each with the rule of the schema in `config/crd.yaml`, so that what one refuses the other refuses.

A reader returns its text, or raises a ValueError that says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kuberedis_core.web_origins import ORIGIN_ADVICE, is_origin

_OBJECT_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_ADDRESS = re.compile(r"[0-9.]+")
_IMAGE = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[a-f0-9]{64})?"
)
_KEY = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def text(value: object) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not a text; put quotes around it")
    return value


def text_of_at_most(most: int) -> Callable[[object], str]:
    """A reader of text of at most `most` characters."""

    def read(value: object) -> str:
        found = text(value)
        if len(found) > most:
            raise ValueError(f"has {len(found)} characters; write at most {most}")
        return found

    return read


def text_on_one_line(value: object) -> str:
    """Text of at most 1024 characters, none of them a control character."""
    found = text_of_at_most(1024)(value)
    if _CONTROL.search(found):
        raise ValueError("has a control character; write the value on one line, without control characters")
    return found


def object_name(value: object) -> str:
    """The name of an object of the Kubernetes API."""
    return _matching(value, _OBJECT_NAME, 253, "is not the name of an object; write lower-case letters, digits, '-' and '.'")


def namespace(value: object) -> str:
    """The name of a namespace."""
    return _matching(value, _NAMESPACE, 63, "is not a namespace; write lower-case letters, digits and '-'")


def host(value: object) -> str:
    """A host name, and no address."""
    problem = "is not a host name; write one in lower case such as redis.example.com, without https://, port, path or '*'"
    found = _matching(value, _HOST, 253, problem)
    if _ADDRESS.fullmatch(found):
        raise ValueError(f"{shown(found)} {problem}")
    return found


def image(value: object) -> str:
    """The reference of a container image."""
    return _matching(value, _IMAGE, 512, "is not the reference of an image; write for example registry.example.com/redis:8.2.1")


def key(value: object) -> str:
    """The key of a label or an annotation."""
    return _matching(value, _KEY, 317, "is not a key; write NAME or example.com/NAME, NAME of at most 63 letters, digits, '-', '_' and '.'")


def label_value(value: object) -> str:
    """The value of a label, which can be empty."""
    advice = "is not the value of a label; write letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"
    return _matching(value, _LABEL_VALUE, 63, advice)


def origin(value: object) -> str:
    """An origin of web pages, one with a wildcard, or `*` for all."""
    found = text_of_at_most(255)(value)
    if not is_origin(found):
        raise ValueError(f"{shown(found)} is not an origin; {ORIGIN_ADVICE}")
    return found


def shown(value: object) -> str:
    """A value as a message shows it: short enough for one line."""
    found = repr(value)
    return found if len(found) <= 60 else f"{found[:57]}..."


def _matching(value: object, pattern: re.Pattern[str], most: int, problem: str) -> str:
    found = text_of_at_most(most)(value)
    if not pattern.fullmatch(found):
        raise ValueError(f"{shown(found)} {problem}")
    return found
