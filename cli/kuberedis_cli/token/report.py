"""The report of `kuberedis token inspect`: a token in, its claims and what it reaches out."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

from kuberedis_cli.errors import CommandError, KeyNotUsable
from kuberedis_cli.output.console import console
from kuberedis_cli.output.lines import write_json
from kuberedis_cli.output.printable import printable
from kuberedis_cli.token.key_source import KeySource
from kuberedis_core.crd.names import check_name
from kuberedis_core.credentials import Token
from kuberedis_core.instance_secret import Signing
from kuberedis_core.reach import Reach, reach_of
from kuberedis_core.revocations import read_revocations
from kuberedis_sidecar.auth.tokens import Terms, explain


@dataclass(frozen=True)
class TokenReport:
    """The result of `kuberedis token inspect`; without problems the token would be accepted."""

    accepted: bool
    problems: list[str]
    signature_checked: bool
    expires_in_seconds: int | None
    reach: Reach | None
    claims: Mapping[str, Any]


def claims_of(token: Token) -> Mapping[str, Any]:
    """The claims of a token, unchecked; empty when it is none."""
    return explain(token, None, None, time.time()).claims


def find_signing(token: Token, instance: str | None, source: KeySource) -> Signing | None:
    """What tokens of this one's instance are signed with; None if that is not where instances are looked for.

    Raises:
        CommandError: It cannot be read: from a data folder that `kuberedis local` has not made, or from a cluster that an option names.
    """
    name = instance or claims_of(token).get("aud")
    try:
        check_name(name)
        return source.signing_of(str(name))
    except (KeyNotUsable, ValueError):
        return None
    except CommandError:
        if source.place.folder is not None or source.place.access.given:
            raise
        return None  # nobody has said that there is a cluster


def make(token: Token, signing: Signing | None, instance: str | None) -> TokenReport:
    """Check a token as its instance would now.

    Args:
        token: The token.
        signing: Keys and terms of the instance; without them the signature is not checked.
        instance: Name of the instance; by default the one that the token names.
    """
    now = time.time()
    if signing is None:
        explanation = explain(token, None, instance, now)
    else:
        terms = Terms(signing.max_token_seconds, read_revocations(signing.revoked))
        explanations = [explain(token, key, instance, now, terms) for key in signing.keys]
        # The one that tells the least is of the key that signed it.
        explanation = min(explanations, key=lambda found: len(found.problems))
    return TokenReport(
        accepted=not explanation.problems,
        problems=explanation.problems,
        signature_checked=signing is not None,
        expires_in_seconds=None if (left := _away(explanation.claims.get("exp"), now)) is None else int(left.total_seconds()),
        reach=reach_of(explanation.claims) if explanation.claims else None,
        claims=explanation.claims,
    )


def print_json(report: TokenReport) -> None:
    """Write the report to standard output as one line of JSON."""
    write_json(asdict(report))


def print_text(report: TokenReport) -> None:
    """Write the report to standard output as a table, with the verdict below."""
    report = printable(report)
    table = Table(show_header=False, box=None)
    for name, value in report.claims.items():
        table.add_row(Text(name, style="bold"), Text(printable(_claim(name, value))))
    if report.reach is not None:
        for name, text in _reach_rows(report.reach):
            table.add_row(Text(name, style="bold"), Text(text))
    if report.claims:
        signature = (
            "checked with the key"
            if report.signature_checked
            else "not checked: there is no key; name its place by --namespace, --data-dir or --key-file"
        )
        table.add_row(Text("signature", style="bold"), Text(signature))
    screen = console()
    screen.print(table)
    for problem in report.problems:
        screen.print(Text(f"would be refused: {problem}", style="red"))
    if report.accepted:
        doubt = "" if report.signature_checked else ", if its signature is right"
        screen.print(Text(f"would be accepted{doubt}", style="green"))


def _reach_rows(reach: Reach) -> list[tuple[str, str]]:
    return [
        ("commands", reach.commands),
        ("keys", ", ".join(reach.keys)),
        ("channels", ", ".join(reach.channels) or "none"),
    ]


def _claim(name: str, value: object) -> str:
    away = _away(value, time.time()) if name in ("exp", "nbf", "iat") else None
    if away is None:
        return str(value)
    distance = f"in {away}" if away > timedelta(0) else f"{-away} ago"
    return f"{datetime.now(UTC) + away:%Y-%m-%d %H:%M:%S} UTC, {distance}"


def _away(moment: object, now: float) -> timedelta | None:
    """Time from now to a claim's moment; None when it is not a time, or beyond the years of a calendar."""
    if isinstance(moment, bool) or not isinstance(moment, int | float):
        return None
    try:
        away = timedelta(seconds=round(moment - now))
        datetime.now(UTC) + away
    except (OverflowError, ValueError):
        return None
    return away
