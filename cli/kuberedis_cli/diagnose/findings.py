"""What `kuberedis doctor` says: what it is, whether something is wrong with it, and what helps. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

T = TypeVar("T")

Level = Literal["ok", "note", "problem"]
"""A note is worth knowing, or could not be looked at; only a problem is wrong."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    text: str
    advice: str = ""
    """What helps, as a sentence or a command; empty if nothing has to be done."""


@dataclass(frozen=True)
class Seen(Generic[T]):
    """What was found, or why it could not be looked at."""

    value: T | None = None
    refusal: str = ""

    def unknown(self, what: str) -> list[Finding]:
        """The note that it could not be looked at; empty if it was."""
        return [Finding("note", f"{what}: not known, for {self.refusal}")] if self.refusal else []


def is_healthy(findings: Iterable[Finding]) -> bool:
    """Whether none is a problem."""
    return all(finding.level != "problem" for finding in findings)
