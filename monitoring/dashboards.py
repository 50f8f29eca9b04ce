"""The dashboards by the names of their files, which are also their uids, and their JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from monitoring import fleet, instance
from monitoring.panels import FLEET, INSTANCE

DASHBOARDS: dict[str, Callable[[], Dashboard]] = {FLEET: fleet.dashboard, INSTANCE: instance.dashboard}


def rendered(name: str) -> str:
    """The JSON of a dashboard, as Grafana imports it."""
    return json.dumps(DASHBOARDS[name]().build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"
