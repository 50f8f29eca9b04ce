"""Texts and objects without what opens anything: keys, tokens and passwords that somebody wrote where they do not belong. Pure.

Secrets are not read for a report in the first place; this is for what stands in logs, messages, settings and annotations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

REDACTED = "(redacted)"

_RULES = (
    # A JSON Web Token.
    (re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), REDACTED),
    (re.compile(r"(?i)\b(bearer|basic)(\s+)(?!realm\b)[^\s\"',]+"), rf"\1\2{REDACTED}"),
    # A password in a URL.
    (re.compile(r"://[^/\s@]*@"), f"://{REDACTED}@"),
    (re.compile(r"(?i)\b(requirepass|masterauth|masteruser|auth-pass\s+\S+)(\s+)\S+"), rf"\1\2{REDACTED}"),
    (re.compile(r"(?i)(password|passwd|token|secret|api[_-]?key)(\\?[\"']?\s*[:=]\s*\\?[\"']?)[^\s\"',}\\&]+"), rf"\1\2{REDACTED}"),
    # What looks like a key of an instance, or like a password that the operator made: random letters of both cases.
    (re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]*[a-z])(?=[A-Za-z0-9_-]*[A-Z])[A-Za-z0-9_-]{40,}={0,2}"), REDACTED),
)
_SECRET_NAME = re.compile(r"(?i)pass|token|secret|key|auth|headers|credential")
_DROPPED = frozenset({"managedFields", "kubectl.kubernetes.io/last-applied-configuration"})


def redacted(text: str) -> str:
    """A text without what looks like a key, a token or a password."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def without_secrets(value: Any) -> Any:
    """An object of the API, or a part of one, without them; what only the API server needs is left out.

    Args:
        value: The object; its Secrets are elsewhere.
    """
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, list | tuple):
        return [without_secrets(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if isinstance(value.get("name"), str) and "value" in value and _SECRET_NAME.search(value["name"]):
        return {**value, "value": REDACTED}
    return {name: _member(name, each) for name, each in value.items() if name not in _DROPPED}


def _member(name: str, value: Any) -> Any:
    if name == "config" and isinstance(value, Mapping):
        return {setting: REDACTED if _SECRET_NAME.search(setting) else without_secrets(text) for setting, text in value.items()}
    return without_secrets(value)
