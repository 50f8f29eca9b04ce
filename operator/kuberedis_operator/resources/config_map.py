"""The ConfigMap NAME-config: redis.conf, and the part of it that the sidecar applies whenever it changes."""

from __future__ import annotations

from kuberedis_core.body import Body
from kuberedis_operator.resources.kinds import CONFIG_MAP
from kuberedis_operator.resources.objects import child
from kuberedis_operator.resources.paths import LIVE_SETTINGS, REDIS_CONF
from kuberedis_operator.resources.redis_conf import live_json, redis_conf
from kuberedis_operator.topology.topology import Topology


def build(topology: Topology) -> Body:
    """The ConfigMap."""
    files = {REDIS_CONF: redis_conf(topology.spec), LIVE_SETTINGS: live_json(topology.spec)}
    return child(topology.instance, CONFIG_MAP, topology.config_map, "redis", data=files)
