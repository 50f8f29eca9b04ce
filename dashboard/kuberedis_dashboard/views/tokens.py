"""A token as its page shows it, once: what it reaches, until when, and how to use it. Pure."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from kuberedis_core.acl_rule import Scope
from kuberedis_core.credentials import Token
from kuberedis_core.reach import Reach, reach_of
from kuberedis_core.timestamps import format_time
from kuberedis_dashboard.views.keys import env_lines
from kuberedis_dashboard.views.token_form import TokenRequest


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of code that uses a token."""

    language: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MintedToken:
    """A token that was just made; it is shown once and kept nowhere."""

    token: Token = field(repr=False)
    env: str = field(repr=False)
    reach: Reach
    expires: str
    """RFC 3339."""
    seconds: int
    snippets: tuple[Snippet, ...]


def minted(token: Token, request: TokenRequest, url: str, now: datetime) -> MintedToken:
    """A token with all that its page shows of it.

    Args:
        token: The token.
        request: What it was made from.
        url: URL of the instance; empty while it has none.
        now: When it was made.
    """
    claims = {"scope": request.scope.value, "acl": request.acl}
    reach = reach_of(claims)
    if reach is None:
        raise ValueError("the instance would refuse this token")
    return MintedToken(
        token=token,
        env=env_lines(url, token),
        reach=reach,
        expires=format_time(now.astimezone(UTC) + timedelta(seconds=request.seconds)),
        seconds=request.seconds,
        snippets=snippets(token, request, url or "https://…"),
    )


def snippets(token: Token, request: TokenRequest, url: str) -> tuple[Snippet, ...]:
    """Code that sends one command with a token, which the token permits."""
    key = f"{_first_prefix(request)}1"
    command = ["GET", key] if request.scope is Scope.READ else ["SET", key, "hello"]
    body = json.dumps(command)
    return (
        Snippet("curl", _curl(url, token, body)),
        Snippet("JavaScript", _javascript(url, token, body)),
        Snippet("Python", _python(url, token, command)),
    )


def origins_of(limits: Mapping[str, object]) -> tuple[str, ...]:
    """Origins whose web pages may call the instance, by `spec.limits`."""
    found = limits.get("corsOrigins")
    return tuple(str(origin) for origin in found[:64]) if isinstance(found, list) else ()


def _first_prefix(request: TokenRequest) -> str:
    """The prefix that the first pattern stands for: without its sigil, its star, and the escapes."""
    first = (request.acl or "").split(" ")[0]
    return re.sub(r"\\(.)", r"\1", first.removeprefix("~").removesuffix("*")) or "greeting:"


def _curl(url: str, token: Token, body: str) -> str:
    return f"curl {shlex.quote(url)} \\\n  -H {shlex.quote(f'Authorization: Bearer {token}')} \\\n  -d {shlex.quote(body)}\n"


def _javascript(url: str, token: Token, body: str) -> str:
    return (
        f"const answer = await fetch({json.dumps(url)}, {{\n"
        '  method: "POST",\n'
        f"  headers: {{ Authorization: {json.dumps(f'Bearer {token}')} }},\n"
        f"  body: JSON.stringify({body}),\n"
        "});\n"
        "console.log(await answer.json());\n"
    )


def _python(url: str, token: Token, command: list[str]) -> str:
    name, arguments = command[0].lower(), ", ".join(json.dumps(part) for part in command[1:])
    return (
        "from upstash_redis import Redis  # pip install upstash-redis\n\n"
        f"redis = Redis(url={json.dumps(url)}, token={json.dumps(token)})\n"
        f"print(redis.{name}({arguments}))\n"
    )
