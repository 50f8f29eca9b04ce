"""A token for an instance: what the options ask for, within what the instance accepts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import typer

from kuberedis_cli.durations import parse_seconds
from kuberedis_cli.errors import CommandError, UsageError
from kuberedis_core.acl_rule import Scope, rule_text
from kuberedis_core.credentials import Token
from kuberedis_core.instance_secret import Signing

TokenScope = Annotated[Scope, typer.Option("--scope", metavar="SCOPE", help="read, write (all but administration), or admin.")]
Ttl = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        show_default=False,
        help="How long the token is valid: seconds, or a number with s, m, h or d; 1h by default, or the instance's maximum.",
    ),
]
KeyPrefix = Annotated[list[str] | None, typer.Option(metavar="PREFIX", help="Only keys that begin with this; may be repeated.")]
Acl = Annotated[str | None, typer.Option(metavar="RULE", help="A Redis ACL rule that narrows the scope, such as '~user:* +@read'.")]


class Wanted(NamedTuple):
    """What a token shall permit, and for how many seconds; None for the usual time."""

    scope: Scope
    rule: str | None
    seconds: int | None


class Minted(NamedTuple):
    """A token, and for how many seconds it is valid."""

    token: Token
    seconds: int


def wanted(scope: Scope, ttl: str | None, key_prefixes: Sequence[str] | None, acl: str | None) -> Wanted:
    """What the options ask for.

    Raises:
        UsageError: One of them does not fit; the text says what to give.
    """
    try:
        rule = rule_text(list(key_prefixes or ()), acl)
    except ValueError as error:
        raise UsageError(f"--key-prefix {error}") from None
    return Wanted(scope, rule, None if ttl is None else parse_seconds(ttl, "--ttl"))


def minted(signing: Signing, name: str, wish: Wanted) -> Minted:
    """A token of the instance `name`.

    Raises:
        CommandError: The instance does not accept such tokens, or none does; the text says what to ask for.
    """
    from kuberedis_core.signing import mint

    longest = signing.max_token_seconds
    seconds = signing.usual_seconds if wish.seconds is None else wish.seconds
    if longest is not None and seconds > longest:
        raise CommandError(f"--ttl: {name} accepts tokens for {longest} seconds at most, and this one would be valid for {seconds}")
    try:
        return Minted(mint(signing.keys[0], name, scope=wish.scope.value, ttl_seconds=seconds, acl=wish.rule), seconds)
    except ValueError as error:
        raise UsageError(str(error)) from None
