"""The charts: figures of several members on one grid, values in words, and tables."""

from collections.abc import Mapping, Sequence

import pytest

from kuberedis_core.recent import MOST_POINTS, SERIES, Recent
from kuberedis_dashboard.views.charts import CHARTS, RANGES, Range, document, texts
from kuberedis_dashboard.views.series import NAMES, Series, of_members


def recent(now: int, **series: Sequence[float | None]) -> Recent:
    length = max(map(len, series.values()))
    return Recent(name="cache", now=now, series={name: series.get(name, (None,) * length) for name in SERIES})


def last(series: Series, name: str, count: int = 3) -> list[float | None]:
    return list(series.points[name][-count:])


def test_every_series_of_a_chart_is_known() -> None:
    assert {line.series for chart in CHARTS for line in chart.lines} <= NAMES.keys() <= set(SERIES)


def test_requests_of_all_members_are_added_and_the_data_are_the_primarys() -> None:
    primary = recent(1000, requests_per_second=[1, 2, 3], latency_p99_seconds=[0.1, None, 0.1], memory_used_bytes=[7, 8, 9])
    replica = recent(1000, requests_per_second=[10, None, 30], latency_p99_seconds=[0.2, None, 0.05], memory_used_bytes=[1, 1, 1])
    found = of_members([primary, replica])
    assert last(found, "requests_per_second") == [11, 2, 33]
    assert last(found, "latency_p99_seconds") == [0.2, None, 0.1]
    assert last(found, "memory_used_bytes") == [7, 8, 9]
    assert (found.end, found.length, found.times()[-2:]) == (1000, MOST_POINTS, [990, 1000])


@pytest.mark.parametrize(
    ("now", "expected"),
    [(1000, [11, 22, 33]), (997, [11, 22, 33]), (990, [21, 32, 3]), (0, [1, 2, 3])],
)
def test_members_whose_steps_end_at_other_times_are_aligned(now: int, expected: list[float]) -> None:
    others = [*([0] * 100), 10, 20, 30]
    found = of_members([recent(1000, requests_per_second=[1, 2, 3]), recent(now, requests_per_second=others)])
    assert last(found, "requests_per_second") == expected


@pytest.mark.parametrize(("time", "length"), [(1000, 0), (1005, 0), (990, 1), (985, 2), (0, 3)])
def test_only_what_is_new_is_sent_again(time: int, length: int) -> None:
    series = Series(end=1000, step=10, points={"keys": (1, 2, 3)})
    assert series.after(time).length == length
    assert series.after(time).times() == [980, 990, 1000][3 - length :]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ({"commands_per_second": (5, 12.4, None)}, {"commands": "12"}),
        ({"commands_per_second": (5, None, None, None)}, {"commands": "–"}),
        ({"latency_p50_seconds": (0.001,), "latency_p99_seconds": (0.02,)}, {"latency": "p50 1.0 ms, p99 20 ms"}),
        ({"memory_used_bytes": (2**20,), "memory_max_bytes": (2**22,)}, {"memory": "1Mi of 4Mi (25%)"}),
        ({"memory_used_bytes": (2**20,), "memory_max_bytes": (0,)}, {"memory": "1Mi"}),
        ({"hit_ratio": (0.5,)}, {"hits": "50.0%"}),
        ({}, {"commands": "–", "latency": "p50 –, p99 –", "memory": "–", "hits": "–"}),
    ],
)
def test_a_value_is_told_in_words(points: Mapping[str, tuple[float | None, ...]], expected: dict[str, str]) -> None:
    found = texts(Series(end=1000, step=10, points=points))
    assert expected.items() <= found.items()


def test_a_table_says_what_the_chart_shows() -> None:
    series = of_members(
        [recent(36000, commands_per_second=[None] * 180 + [2.0] * 150 + [4.0] * 30, latency_p99_seconds=[0.1, *[0.01] * 359])]
    )
    drawn = document(series)
    rows = drawn["charts"]["commands"]["rows"]
    assert (len(drawn["times"]), drawn["step"], len(rows)) == (360, 10, 12)
    assert rows[0] == [36000, "4"]
    assert rows[1] == [35700, "2"]
    assert rows[-1] == [36000 - 11 * 300, "–"]
    assert drawn["charts"]["latency"]["rows"][-1][1:] == ["–", "100 ms"]


def test_there_is_a_chart_also_while_nothing_is_known() -> None:
    drawn = document(Series(end=0, step=10, points={}))
    assert drawn["times"] == []
    assert all(chart["rows"] == [] for chart in drawn["charts"].values())


@pytest.mark.parametrize(("name", "shown"), RANGES.items())
def test_a_range_has_as_many_points_as_a_chart_can_show(name: str, shown: Range) -> None:
    assert 300 <= shown.seconds / shown.step <= MOST_POINTS, name
