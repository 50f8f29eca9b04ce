"""The conditions of an instance: which status of which type is as it should be."""

from __future__ import annotations

WANTED = frozenset({"Ready", "Replicated", "TLSReady"})
"""Types that shall be True; of every other type True is what a person should know of."""
PASSING = frozenset({"Progressing", "StorageResizing"})
"""Types that are no fault while they are True."""


def is_as_wanted(type_: str, status: str) -> bool:
    """Whether a condition of that type with that status is as it should be."""
    return status == ("True" if type_ in WANTED else "False")
