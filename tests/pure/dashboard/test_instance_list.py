"""The list of instances: its order, its filter, and what has to change on an open page."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kuberedis_core.recent import SERIES, Recent
from kuberedis_dashboard.views import instance_row as rows
from kuberedis_dashboard.views.instance_row import InstanceRow, instance_list, instance_row
from kuberedis_dashboard.views.instance_table import InstanceTable, digest
from kuberedis_dashboard.views.row_figures import row_figures

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD = [{"type": "Ready", "status": "True", "reason": "Serving"}, {"type": "Degraded", "status": "False"}]
BAD = [{"type": "Ready", "status": "False", "reason": "CrashLooping"}, {"type": "Degraded", "status": "True", "reason": "CrashLooping"}]
MOVING = [*GOOD, {"type": "Progressing", "status": "True", "reason": "Restarting"}]


def row(name: str, conditions: list[dict[str, Any]] | None = None, now: datetime = NOW, **status: Any) -> InstanceRow:
    metadata = {"namespace": "ns", "name": name, "creationTimestamp": "2026-03-01T11:00:00Z", "generation": 1}
    written = {"conditions": conditions or GOOD, "observedGeneration": 1, **status}
    return instance_row({"metadata": metadata, "spec": {"capacity": "1Gi"}, "status": written}, now)


def ids(*names: str) -> list[str]:
    return [f"i_ns_{name}" for name in names]


def test_what_needs_attention_comes_first() -> None:
    found = instance_list([row("a"), row("c", MOVING), row("z", BAD), row("b", BAD)], "", 1)
    assert [each.name for each in found.rows] == ["b", "z", "c", "a"]
    assert found.counts == (4, 4, 2, 1)


@pytest.mark.parametrize(
    ("text", "names"),
    [("", "ab"), ("SERVING", "a"), ("crash", "b"), ("ready", "ab"), ("not ready", "b"), ("ns b", "b"), ("8.2", "a"), ("nothing", "")],
)
def test_filter_finds_every_word_in_what_is_shown(text: str, names: str) -> None:
    found = instance_list([row("a", version="8.2"), row("b", BAD)], text, 1)
    assert sorted(each.name for each in found.rows) == list(names)


@pytest.mark.parametrize(("page", "names"), [(1, "abc"), (2, "de"), (9, "de"), (0, "abc")])
def test_list_has_pages(monkeypatch: pytest.MonkeyPatch, page: int, names: str) -> None:
    monkeypatch.setattr(rows, "ROWS_A_PAGE", 3)
    assert [each.name for each in instance_list([row(name) for name in "edcba"], "", page).rows] == list(names)


@pytest.mark.parametrize(
    ("spec", "status"),
    [({"replicas": "three"}, {"inSyncReplicas": "x", "conditions": 7}), ({}, {"url": ["x"]}), ({"capacity": None}, {})],
)
def test_whatever_an_object_says_has_a_row(spec: dict[str, Any], status: dict[str, Any]) -> None:
    body = {"metadata": {"namespace": "ns", "name": "x", "creationTimestamp": None}, "spec": spec, "status": status}
    assert instance_row(body, NOW).members == 1


def table(*found: InstanceRow, text: str = "") -> InstanceTable:
    filled = InstanceTable(text, 1)
    filled.fill(found)
    return filled


def test_age_alone_changes_nothing() -> None:
    later = datetime(2026, 3, 1, 18, tzinfo=UTC)
    assert digest(row("a")) == digest(row("a", now=later))
    update = table(row("a")).change(row("a", now=later))
    assert (update.row, update.order, update.counts, update.is_incomplete) == (None, None, None, False)


def test_row_that_breaks_is_sent_and_moves_up() -> None:
    open_page = table(row("a"), row("b"))
    version = open_page.version
    update = open_page.change(row("b", BAD))
    assert update.row is not None
    assert (update.row.name, update.is_new, update.order) == ("b", False, ids("b", "a"))
    assert update.counts is not None
    assert update.counts.attention == 1
    assert open_page.version != version
    open_page.change(row("b"))
    assert open_page.version == version


def test_new_row_is_added_and_one_that_is_gone_goes() -> None:
    open_page = table(row("b"))
    update = open_page.change(row("a"))
    assert (update.is_new, update.order) == (True, ids("a", "b"))
    assert open_page.remove("i_ns_b").order == ids("a")
    # The last one leaves a page that looks otherwise.
    assert open_page.remove("i_ns_a").is_incomplete


def test_row_that_does_not_match_is_not_sent() -> None:
    open_page = table(row("abc"), row("abd"), text="ab")
    update = open_page.change(row("xyz"))
    assert (update.row, update.order) == (None, None)
    assert update.counts is not None
    assert (update.counts.total, update.counts.matching) == (3, 2)


def test_row_of_another_page_that_moves_here_needs_everything_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kuberedis_dashboard.views.instance_table.ROWS_A_PAGE", 2)
    monkeypatch.setattr(rows, "ROWS_A_PAGE", 2)
    open_page = table(*(row(name) for name in "abcd"))
    assert open_page.shown == tuple(ids("a", "b"))
    # It takes the place of another, and is known: it is what changed.
    update = open_page.change(row("d", BAD))
    assert (update.is_new, update.order, update.is_incomplete) == (True, ids("d", "a"), False)
    # Of `b`, which comes back, nothing is known.
    assert open_page.change(row("d")).is_incomplete


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        ({"keys": [1, 1234], "memory_used_bytes": [2**20], "memory_max_bytes": [2**22]}, ("1,234", "1Mi of 4Mi", 25.0)),
        ({"keys": [5, None], "memory_used_bytes": [2**20], "memory_max_bytes": [0]}, ("5", "1Mi", None)),
        ({"keys": [5, None, None]}, ("–", "–", None)),
        ({"keys": [], "memory_used_bytes": [9], "memory_max_bytes": [8]}, ("–", "9 B of 8 B", 100)),
    ],
)
def test_figures_of_a_row_are_the_newest_that_are_known(
    points: dict[str, list[float | None]], shown: tuple[str, str, float | None]
) -> None:
    found = row_figures(Recent(name="x", now=0, series={name: points.get(name, []) for name in SERIES}))
    assert (found["keys"]["text"], found["memory"]["text"], found["memory"].get("value")) == shown
