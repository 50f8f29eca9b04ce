"""Figures of more than an hour, from a real Prometheus that reads a real sidecar."""

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest

from kuberedis_dashboard.gateway import prometheus as gateway
from kuberedis_dashboard.views.charts import CHARTS, Range
from kuberedis_dashboard.views.series import Series
from tests.harness.prometheus import Prometheus, Target
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.slow

INSTANCE = {"metadata": {"namespace": "team", "name": "test-cache"}}
SHORT = Range(label="a minute", seconds=60, step=2)


@pytest.fixture(scope="module")
def prometheus(sidecar: Sidecar, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "rules.yaml").write_text("groups: []\n")
    target = Target(sidecar.address, {"namespace": "team", "pod": "test-cache-0"})
    running = Prometheus(folder, [target], folder / "rules.yaml")
    running.start()
    yield running
    running.stop()


def series(url: str, shown: Range, instance: dict[str, dict[str, str]] = INSTANCE) -> Series:
    async def read() -> Series:
        client = gateway.Prometheus(url)
        try:
            return await client.series(instance, shown, time.time())
        finally:
            await client.close()

    return asyncio.run(read())


def test_every_chart_has_figures_of_the_instance_and_of_no_other(prometheus: Prometheus, http: httpx.Client) -> None:
    def has_every_figure() -> bool:
        assert http.post("/pipeline", json=[["SET", "a", "b"], ["GET", "a"], ["GET", "none"]]).is_success
        found = series(prometheus.url, SHORT)
        return all(found.points[line.series][-1] is not None for chart in CHARTS for line in chart.lines)

    wait_until(has_every_figure, limit_seconds=60, what="a figure of each line of each chart")
    found = series(prometheus.url, SHORT)
    assert (found.length, found.step) == (30, 2)
    assert 0 < (found.points["hit_ratio"][-1] or 0) <= 0.5
    other = series(prometheus.url, SHORT, {"metadata": {"namespace": "team", "name": "other"}})
    assert {value for points in other.points.values() for value in points} == {None}
