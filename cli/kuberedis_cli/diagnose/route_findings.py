"""What is wrong with the way to an instance, in a cluster or in local mode. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kuberedis_cli.diagnose.findings import Finding
from kuberedis_core.ages import brief

MOST_SKEW_SECONDS = 30.0
"""A token is valid from the moment that the clock of its maker says, so that a clock ahead makes tokens that are refused at first."""


@dataclass(frozen=True)
class Answer:
    """What came of a request to the URL of an instance."""

    status: int | None
    """None if nobody answered."""
    realm: str = ""
    """Name of the instance that asks for a credential; empty if it was none."""
    error: str = ""
    clock_ahead_seconds: float | None = None


def route_findings(name: str, url: str, answer: Answer | None, advice: str, *, is_ready: bool) -> Iterator[Finding]:
    """Whether an instance answers at its URL.

    Args:
        name: Name of the instance.
        url: Its URL.
        answer: What came of a request to it; None if the instance has no URL.
        advice: What to do if it does not answer.
        is_ready: Whether it should. Of one that is not ready the route leads nowhere, which says nothing of the route.
    """
    if answer is None:
        yield Finding("note", f"{name} has no URL", f"`kuberedis proxy {name}` reaches it without one")
    elif answer.realm == name:
        yield Finding("ok", f"{url} answers")
        yield from clock_findings(answer.clock_ahead_seconds, "the instance")
    elif answer.realm:
        yield Finding("problem", f"{url} leads to the instance {answer.realm} (status {answer.status})", advice)
    elif not is_ready:
        what = "does not answer" if answer.status is None else f"answers with status {answer.status}"
        yield Finding("note", f"{url} {what}, for {name} is not ready", "see first to what is said of it above")
    elif answer.status is None:
        yield Finding("problem", f"{url} does not answer: {answer.error}", advice)
    else:
        yield Finding("problem", f"{url} leads to something else than an instance (status {answer.status})", advice)


def clock_findings(ahead_seconds: float | None, whose: str) -> Iterator[Finding]:
    """Whether tokens that are minted here are valid where `whose` clock counts."""
    if ahead_seconds is None:
        return
    if abs(ahead_seconds) <= MOST_SKEW_SECONDS:
        yield Finding("ok", f"the clock of this machine agrees with that of {whose}")
        return
    where, effect = ("ahead of", "are refused at first") if ahead_seconds > 0 else ("behind", "expire early, or at once")
    yield Finding(
        "problem",
        f"the clock of this machine is {brief(abs(ahead_seconds))} {where} that of {whose}, so tokens minted here {effect}",
        "set the clock, for example by: timedatectl set-ntp true",
    )
