"""What a token reaches, in words for people: its claims in, commands, keys and channels out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kuberedis_core.acl_rule import InvalidRule, Scope, parse_rule, parse_scope

SCOPES = {
    Scope.READ: "commands that only read",
    Scope.WRITE: "all commands but administration",
    Scope.ADMIN: "all commands but those that would break the gateway",
}
"""What each scope allows."""


@dataclass(frozen=True)
class Reach:
    """What a token may use: its commands, described, and the patterns of its keys and channels."""

    commands: str
    keys: list[str]
    channels: list[str]


def reach_of(claims: Mapping[str, Any]) -> Reach | None:
    """What `scope` and `acl` allow; None when an instance would refuse them."""
    acl = claims.get("acl")
    try:
        allowed = SCOPES[parse_scope(claims.get("scope", Scope.WRITE))]
        if acl is None:
            return Reach(allowed, ["*"], ["*"])
        rule = parse_rule(acl)
    except InvalidRule:
        return None
    narrowed = f", narrowed to {' '.join(rule.commands)}" if rule.commands else ""
    channels = list(rule.channels) or ([] if rule.keys else ["*"])
    return Reach(allowed + narrowed, _patterns(rule.keys) or ["*"], _patterns(channels))


def _patterns(rules: Iterable[str]) -> list[str]:
    """Patterns for people: without the usual sigil, but with `%R~` and `%W~`, which mean more."""
    return [rule.removeprefix("~").removeprefix("&") for rule in rules]
