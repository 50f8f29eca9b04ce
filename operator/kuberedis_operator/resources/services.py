"""The two Services of an instance: NAME-http in front of its sidecars, and NAME-headless, which gives each pod its DNS name.

Both lead to the sidecar; no Service leads to Redis.
"""

from __future__ import annotations

from kuberedis_core.body import Body
from kuberedis_core.crd.names import selector
from kuberedis_core.crd.ports import HTTP, SERVICE_PORT, SIDECAR_PORT
from kuberedis_operator.resources.kinds import SERVICE
from kuberedis_operator.resources.objects import child
from kuberedis_operator.topology.topology import Topology


def build_headless(topology: Topology) -> Body:
    """The Service that names the pods, ready or not, so that one that is not can be examined."""
    spec = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": selector(topology.name),
        "ports": [{"name": HTTP, "port": SIDECAR_PORT, "targetPort": HTTP, "protocol": "TCP"}],
    }
    return child(topology.instance, SERVICE, topology.headless_service, "network", spec=spec)


def build_http(topology: Topology) -> Body:
    """The Service that the route leads to."""
    spec = {
        "type": "ClusterIP",
        "selector": selector(topology.name),
        "ports": [{"name": HTTP, "port": SERVICE_PORT, "targetPort": HTTP, "protocol": "TCP"}],
    }
    return child(topology.instance, SERVICE, topology.http_service, "network", spec=spec)
