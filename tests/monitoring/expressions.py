"""What the dashboards and the rules ask Prometheus."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.monitoring.rules import MONITORING, rules

_NAME = re.compile(r"\bkuberedis[a-z0-9_:]*")


class Panel(NamedTuple):
    """An expression of a dashboard."""

    dashboard: str
    title: str
    expression: str

    def filled_in(self, **variables: str) -> str:
        """The expression with the values that a reader chose."""
        text = self.expression.replace("$__rate_interval", "10s")
        for name, value in variables.items():
            text = text.replace(f"${name}", value)
        return text


def dashboards() -> dict[str, dict[str, Any]]:
    """The dashboards by the names of their files."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((MONITORING / "dashboards").glob("*.json"))}


def panels() -> list[Panel]:
    """All expressions of all dashboards."""
    return [
        Panel(name, panel["title"], target["expr"])
        for name, dashboard in dashboards().items()
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
    ]


def metric_names() -> set[str]:
    """Names of all metrics that a dashboard or a rule uses."""
    return {name for text in _texts() for name in _NAME.findall(text)}


def _texts() -> Iterator[str]:
    for dashboard in dashboards().values():
        yield from (variable["query"]["query"] for variable in dashboard["templating"]["list"] if variable["type"] == "query")
    yield from (panel.expression for panel in panels())
    yield from (rule["expr"] for rule in rules())
