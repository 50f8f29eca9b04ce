"""What an open list of instances shows, and what has to change on it when an instance does. Pure.

Of instances that are not on the page only what decides about their place is kept: there may be thousands, and a table for each open page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from kuberedis_dashboard.views.conditions import StateView
from kuberedis_dashboard.views.instance_row import ROWS_A_PAGE, Counts, InstanceRow, Order, matches

_DIGEST_BYTES = 8


class _Entry(NamedTuple):
    order: Order
    needs_attention: bool
    is_changing: bool
    is_matching: bool


@dataclass(frozen=True, slots=True)
class Update:
    """What has to change on the page.

    Args:
        row: the row to show anew; None if it is none of the page.
        is_new: whether the row was not on the page before.
        order: ids of all rows of the page, in order, if they are others or in another order than before; rows that are not in it go.
        counts: the figures of the summary, if they are others than before.
        is_incomplete: rows move onto the page of which nothing is known here, so that everything has to be read anew.
    """

    row: InstanceRow | None = None
    is_new: bool = False
    order: list[str] | None = None
    counts: Counts | None = None
    is_incomplete: bool = False


class InstanceTable:
    """What one open list shows.

    Args:
        text: the filter.
        page: number of the page, from 1.
    """

    def __init__(self, text: str, page: int) -> None:
        self._text = text
        self._page = page
        self._entries: dict[str, _Entry] = {}
        self._digests: dict[str, bytes] = {}
        self._shown: list[str] = []
        self._counts = Counts(0, 0, 0, 0)

    def fill(self, rows: Iterable[InstanceRow]) -> None:
        """Begin anew with all instances, whose page is shown."""
        by_id = {row.id: row for row in rows}
        self._entries = {key: self._entry(row) for key, row in by_id.items()}
        self._shown, self._counts = self._page_ids(), self._count()
        self._digests = {key: digest(by_id[key]) for key in self._shown}

    def change(self, row: InstanceRow) -> Update:
        """An instance is new, or has changed."""
        self._entries[row.id] = self._entry(row)
        return self._update(row)

    def remove(self, key: str) -> Update:
        """The instance with this row id is gone."""
        self._entries.pop(key, None)
        return self._update(None)

    @property
    def shown(self) -> tuple[str, ...]:
        """Ids of the rows of the page."""
        return tuple(self._shown)

    @property
    def version(self) -> str:
        """What stands for everything that the page shows, ages left out."""
        everything = repr((self._counts, [(key, self._digests[key]) for key in self._shown]))
        return hashlib.blake2b(everything.encode(), digest_size=_DIGEST_BYTES).hexdigest()

    def _update(self, row: InstanceRow | None) -> Update:
        before, counts_before, were_empty = self._shown, self._counts, not self._shown
        self._shown, self._counts = self._page_ids(), self._count()
        new = [key for key in self._shown if key not in self._digests]
        if new and (row is None or new != [row.id]):
            return Update(is_incomplete=True)
        if were_empty != (not self._shown) or self._counts.pages != counts_before.pages:
            return Update(is_incomplete=True)
        self._digests = {key: self._digests.get(key, b"") for key in self._shown}
        changed = None
        if row is not None and row.id in self._digests and self._digests[row.id] != (now := digest(row)):
            self._digests[row.id], changed = now, row
        return Update(
            row=changed,
            is_new=bool(new),
            order=list(self._shown) if self._shown != before else None,
            counts=self._counts if self._counts != counts_before else None,
        )

    def _entry(self, row: InstanceRow) -> _Entry:
        return _Entry(row.order, row.state.needs_attention, row.state.level == "passing", matches(row, self._text))

    def _page_ids(self) -> list[str]:
        matching = sorted((entry.order, key) for key, entry in self._entries.items() if entry.is_matching)
        page = min(self._page, max(1, -(-len(matching) // ROWS_A_PAGE)))
        return [key for _, key in matching[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]]

    def _count(self) -> Counts:
        matching = [entry for entry in self._entries.values() if entry.is_matching]
        attention = sum(entry.needs_attention for entry in matching)
        return Counts(len(self._entries), len(matching), attention, sum(entry.is_changing for entry in matching))


def digest(row: InstanceRow) -> bytes:
    """What stands for a row, ages left out: they change by themselves."""
    state: StateView = replace(row.state, since="")
    return hashlib.blake2b(repr(replace(row, age="", state=state)).encode(), digest_size=_DIGEST_BYTES).digest()
