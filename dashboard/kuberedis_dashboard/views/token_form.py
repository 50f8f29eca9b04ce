"""The form that makes a token: what is asked for, and what of it cannot be. Pure but for the token itself, which has a time and an id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kuberedis_core.acl_rule import InvalidRule, Scope, parse_rule, parse_scope, rule_text
from kuberedis_core.credentials import MAX_TTL_SECONDS
from kuberedis_core.instance_secret import usual_seconds
from kuberedis_core.reach import SCOPES

_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
UNITS = tuple(_UNITS)
_MOST_PREFIXES = 32
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class TokenForm:
    """What somebody asks for, as a form has it."""

    scope: str = Scope.READ.value
    prefixes: str = ""
    """One prefix of keys a line; none for all keys."""
    number: str = "1"
    unit: str = "hours"
    """The lifetime: so many of these."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token that can be signed."""

    scope: Scope
    acl: str | None
    seconds: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A form that was checked: a request, or what is wrong with which field."""

    request: TokenRequest | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


def form_of(sent: Mapping[str, str]) -> TokenForm:
    """The form as a browser sent it."""
    usual = TokenForm()
    return TokenForm(
        scope=sent.get("scope", usual.scope)[:16],
        prefixes=sent.get("prefixes", "")[:4096].replace("\r\n", "\n"),
        number=sent.get("number", usual.number).strip()[:16],
        unit=sent.get("unit", usual.unit)[:16],
    )


def checked(form: TokenForm, longest: int | None) -> Checked:
    """Check a form.

    Args:
        form: The form.
        longest: The longest that a token may be valid, in seconds; None for any time.
    """
    errors: dict[str, str] = {}
    scope, acl, seconds = Scope.READ, None, 0
    try:
        scope = parse_scope(form.scope)
    except InvalidRule:
        errors["scope"] = "Choose what the token may do."
    try:
        acl = _acl(form.prefixes)
    except ValueError as error:
        errors["prefixes"] = str(error)
    try:
        seconds = _seconds(form, longest)
    except ValueError as error:
        errors["number"] = str(error)
    return Checked(None, errors) if errors else Checked(TokenRequest(scope, acl, seconds))


def usual_form(longest: int | None) -> TokenForm:
    """The form at first: a token that reads, for an hour or for the maximum if that is less."""
    seconds = usual_seconds(longest)
    unit = next(unit for unit in ("hours", "minutes", "seconds") if seconds % _UNITS[unit] == 0)
    return TokenForm(number=str(seconds // _UNITS[unit]), unit=unit)


def scopes() -> tuple[tuple[str, str], ...]:
    """The scopes, each with what it allows."""
    return tuple((scope.value, text) for scope, text in SCOPES.items())


def _acl(text: str) -> str | None:
    prefixes = [line.strip() for line in text.split("\n") if line.strip()]
    if len(prefixes) > _MOST_PREFIXES:
        raise ValueError(f"Write at most {_MOST_PREFIXES} prefixes.")
    if spaced := next((prefix for prefix in prefixes if any(letter.isspace() for letter in prefix)), None):
        raise ValueError(f"“{spaced}” has a space, and the rule of a token cannot; write one prefix a line.")
    # Many write a pattern where a prefix is asked for.
    stems = [prefix.removesuffix("*") for prefix in prefixes]
    acl = rule_text(stems) if all(stems) else None
    if acl is not None:
        try:
            parse_rule(acl)
        except InvalidRule:
            raise ValueError("Write prefixes of characters that can be printed, 2,048 of them at most in all.") from None
    return acl


def _seconds(form: TokenForm, longest: int | None) -> int:
    if form.unit not in _UNITS:
        raise ValueError("Choose minutes, hours or days.")
    if not form.number.isascii() or not form.number.isdecimal() or len(form.number) > _MOST_DIGITS or not int(form.number):
        raise ValueError("Write a whole number of 1 or more.")
    seconds = int(form.number) * _UNITS[form.unit]
    if longest is not None and seconds > longest:
        raise ValueError(f"This instance takes tokens for {longest} seconds at most (limits.maxTokenSeconds); write less.")
    if seconds > MAX_TTL_SECONDS:
        raise ValueError("Write at most 366 days.")
    return seconds
