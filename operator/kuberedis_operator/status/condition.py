"""One condition of an instance, before it has a time and a generation."""

from __future__ import annotations

from typing import NamedTuple

OF_SEVERAL = ("Replicated", "TLSReady")
"""Types of the conditions that only an instance of several members has."""


class Condition(NamedTuple):
    """A condition: its type, whether it is true, and why."""

    type: str
    status: bool
    reason: str
    message: str = ""
