"""The ConfigMap NAME-config: redis.conf, and the part of it that the sidecar applies whenever it changes."""

from __future__ import annotations

from kuberedis_core.crd.names import config_map_name
from kuberedis_core.crd.spec import Instance
from kuberedis_operator.resources.objects import Body, child
from kuberedis_operator.resources.redis_conf import live_json, redis_conf
from kuberedis_operator.settings import OperatorSettings


def build(instance: Instance, _: OperatorSettings) -> Body:
    """The ConfigMap."""
    return child(
        instance,
        ("v1", "ConfigMap"),
        config_map_name(instance.name),
        "redis",
        data={"redis.conf": redis_conf(instance.spec), "live.json": live_json(instance.spec)},
    )
