"""The claims of a token that say what it may do: its scope, and the rule that narrows it. Nothing here but text to values.

The sidecar turns them into the rules of a Redis ACL user
(https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from typing import NamedTuple

MAX_RULE_LENGTH = 2048

_KEYS = re.compile(r"(~|%(R|W|RW)~).+")
_CHANNELS = re.compile(r"&.+")
_COMMAND = re.compile(r"[+-](@[a-z]+|[a-z][a-z0-9._-]*(\|[a-z][a-z0-9_-]*)?)", re.IGNORECASE)
_ALIASES = {
    "allkeys": ("keys", "~*"),
    "allchannels": ("channels", "&*"),
    "allcommands": ("commands", "+@all"),
    "nocommands": ("commands", "-@all"),
}


class InvalidRule(ValueError):
    """A scope or an acl claim is none; the text says what is wrong with it."""


class Scope(enum.StrEnum):
    """The most that a token may do."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class Rule(NamedTuple):
    """A checked acl claim: key patterns, channel patterns and commands, each in the order given."""

    keys: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def parse_scope(value: object) -> Scope:
    """Check a scope claim.

    Raises:
        InvalidRule: It is none.
    """
    if not isinstance(value, str) or value not in {known.value for known in Scope}:
        raise InvalidRule("unknown scope; it is read, write or admin")
    return Scope(value)


def parse_rule(value: object) -> Rule:
    """Check an acl claim.

    It may hold key patterns (``~p``, ``%R~p``, ``%W~p``, ``%RW~p``), channel patterns (``&p``) and commands or categories (``+get``,
    ``-@dangerous``, ``+config|get``), separated by spaces. Rules about the user itself (passwords, on, reset, selectors) are refused.

    Raises:
        InvalidRule: It has a part that is not one of these, or is too long or empty, or no text.
    """
    if not isinstance(value, str):
        raise InvalidRule("the acl claim must be text, a Redis ACL rule such as '~user:* +@read'")
    if len(value) > MAX_RULE_LENGTH:
        raise InvalidRule(f"the acl claim is longer than {MAX_RULE_LENGTH} characters")
    if not value.isprintable():
        raise InvalidRule("the acl claim has characters that cannot be printed; separate the rules by spaces")
    parts: dict[str, list[str]] = {"keys": [], "channels": [], "commands": []}
    for part in value.split(" "):
        if part:
            kind, rule = _classify(part)
            parts[kind].append(rule)
    if not any(parts.values()):
        raise InvalidRule("the acl claim is empty; leave it out, or write a rule such as '~user:* +@read'")
    return Rule(tuple(parts["keys"]), tuple(parts["channels"]), tuple(parts["commands"]))


def rule_text(prefixes: Sequence[str], acl: str | None = None) -> str | None:
    """The acl claim that permits keys with one of these prefixes, and what `acl` says besides; None if nothing is said.

    Raises:
        ValueError: A prefix is empty or has white space; the text says so.
    """
    parts = [*(f"~{_escape(prefix)}*" for prefix in prefixes), *([acl] if acl is not None else [])]
    return " ".join(parts) if parts else None


def _escape(prefix: str) -> str:
    """A key prefix as a glob pattern of Redis that matches nothing else (https://redis.io/docs/latest/commands/keys/)."""
    if not prefix or any(character.isspace() for character in prefix):
        raise ValueError(f"{prefix!r}: a prefix is at least one character long, and an ACL rule cannot hold white space")
    return re.sub(r"([*?\[\\])", r"\\\1", prefix)


def _classify(part: str) -> tuple[str, str]:
    if part.lower() in _ALIASES:
        return _ALIASES[part.lower()]
    if _KEYS.fullmatch(part):
        return "keys", part
    if _CHANNELS.fullmatch(part):
        return "channels", part
    if _COMMAND.fullmatch(part):
        return "commands", part.lower()
    raise InvalidRule("the acl claim has a part that is no key pattern (~), channel pattern (&), command or category (+, -)")
