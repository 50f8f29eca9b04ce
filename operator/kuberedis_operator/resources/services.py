"""The two Services of an instance: NAME-http in front of its sidecar, and NAME-headless, from which the pod has its DNS name.

Both lead to the sidecar; no Service leads to Redis.
"""

from __future__ import annotations

from kuberedis_core.crd.names import headless_service_name, http_service_name, selector
from kuberedis_core.crd.ports import SIDECAR_PORT
from kuberedis_core.crd.spec import Instance
from kuberedis_operator.resources.objects import Body, child
from kuberedis_operator.resources.ports import HTTP, SERVICE_PORT
from kuberedis_operator.settings import OperatorSettings


def build_headless(instance: Instance, _: OperatorSettings) -> Body:
    """The Service that names the pod, ready or not, so that it can be looked into."""
    spec = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": selector(instance.name),
        "ports": [{"name": HTTP, "port": SIDECAR_PORT, "targetPort": HTTP, "protocol": "TCP"}],
    }
    return child(instance, ("v1", "Service"), headless_service_name(instance.name), "network", spec=spec)


def build_http(instance: Instance, _: OperatorSettings) -> Body:
    """The Service that the route leads to."""
    spec = {
        "type": "ClusterIP",
        "selector": selector(instance.name),
        "ports": [{"name": HTTP, "port": SERVICE_PORT, "targetPort": HTTP, "protocol": "TCP"}],
    }
    return child(instance, ("v1", "Service"), http_service_name(instance.name), "network", spec=spec)
