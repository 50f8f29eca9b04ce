"""The last hour of an instance: what the sidecar writes, the dashboard reads, and nothing else."""

from array import array
from math import nan
from typing import Any

import orjson
import pytest

from kuberedis_core.recent import MOST_POINTS, SERIES, Recent, dump, load

POINTS = (None, 0.0, 1.5)
RECENT = Recent(name="my-cache", now=1_700_000_000, series=dict.fromkeys(SERIES, POINTS))


def changed(**fields: Any) -> bytes:
    return orjson.dumps({**orjson.loads(dump(RECENT)), **fields})


def test_figures_are_read_as_they_were_written() -> None:
    assert load(dump(RECENT)) == RECENT
    assert load(dump(Recent(name="a", now=0, series=dict.fromkeys(SERIES, ())))).series["keys"] == ()


def test_a_point_that_is_no_number_is_not_known() -> None:
    written = Recent(name="my-cache", now=1_700_000_000, series=dict.fromkeys(SERIES, array("d", (nan, 0, 1.5))))
    assert load(dump(written)) == RECENT


def test_series_of_another_version_are_left_out_or_not_known() -> None:
    read = load(changed(series={"keys": [1, 2], "temperature": [21]}, colour="red"))
    assert read.series["keys"] == (1, 2)
    assert read.series["hit_ratio"] == (None, None)
    assert set(read.series) == set(SERIES)


def test_an_hour_of_large_numbers_is_within_the_limit() -> None:
    long = Recent(name="my-cache", now=0, series=dict.fromkeys(SERIES, [123456789012.0 / 7] * MOST_POINTS))
    assert load(dump(long)) == Recent(name="my-cache", now=0, series=dict.fromkeys(SERIES, (123456789012.0 / 7,) * MOST_POINTS))


HOSTILE = {
    "no JSON": b"<html>",
    "nothing": b"",
    "no UTF-8": b'{"name": "\xff"}',
    "too deep": b"[" * 100_000,
    "too long": changed(padding="x" * 300_000),
    "a list": b"[]",
    "no series": changed(series=None),
    "series in a list": changed(series=[[1, 2]]),
    "a series that is no list": changed(series={"keys": {"0": 1}}),
    "too many points": changed(series={"keys": [1] * (MOST_POINTS + 1)}),
    "series of different lengths": changed(series={"keys": [1], "hit_ratio": [1, 1]}),
    "a point that is a text": changed(series={"keys": ["1"]}),
    "a point that is a truth value": changed(series={"keys": [True]}),
    "an infinite point": changed(series={"keys": ["?"]}).replace(b'"?"', b"1e999"),
    "no name": changed(name=None),
    "an empty name": changed(name=""),
    "a long name": changed(name="x" * 1000),
    "no time": changed(now=None),
    "a fraction of a second": changed(now=1.5),
    "a time far away": changed(now=2**60),
    "a step of no length": changed(step_seconds=0),
    "a step that is a truth value": changed(step_seconds=True),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_does_not_fit_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        load(data)
