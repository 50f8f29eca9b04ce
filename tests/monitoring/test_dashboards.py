"""The dashboards of Grafana: what is committed is what is made, and it depends on nothing that others may name as they like."""

import re

import pytest

from monitoring.dashboards import DASHBOARDS, rendered
from tests.monitoring.expressions import dashboards, panels
from tests.monitoring.rules import MONITORING

_FOREIGN = re.compile(r"\b(instance|job|cluster|exported_\w+)\b\s*[=!,)]")


@pytest.mark.parametrize("name", DASHBOARDS)
def test_what_is_committed_is_what_is_made(name: str) -> None:
    assert (MONITORING / "dashboards" / f"{name}.json").read_text() == rendered(name), "run: make grafana"


def test_there_is_no_other_dashboard() -> None:
    assert sorted(dashboards()) == sorted(DASHBOARDS)
    assert {name: each["uid"] for name, each in dashboards().items()} == {name: name for name in DASHBOARDS}


def test_expressions_depend_on_no_label_that_a_monitor_may_change() -> None:
    assert [panel for panel in panels() if _FOREIGN.search(panel.expression)] == []


def test_panels_fill_their_rows_and_say_where_their_data_are() -> None:
    for dashboard in dashboards().values():
        shown = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
        assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
        assert {panel["datasource"]["uid"] for panel in shown} == {"${datasource}"}
        assert max(panel["gridPos"]["x"] + panel["gridPos"]["w"] for panel in shown) == 24
