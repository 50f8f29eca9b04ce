"""The Services of an instance: NAME-http in front of its sidecars, and NAME-headless, which gives each pod its DNS name.

Both lead to the sidecar. Only members among themselves reach a Redis: each of several has a Service NAME-0 and so on, whose address it
announces to the others. It stays the same when the pod does not, is refused while there is no pod, and is never that of another instance's
pod, as a pod's own address can be.
"""

from __future__ import annotations

from kuberedis_core.body import Body
from kuberedis_core.crd.names import selector
from kuberedis_core.crd.ports import HTTP, REDIS_PORT, SENTINEL_PORT, SERVICE_PORT, SIDECAR_PORT
from kuberedis_operator.resources.kinds import SERVICE
from kuberedis_operator.resources.objects import child
from kuberedis_operator.topology.members import Member
from kuberedis_operator.topology.topology import Topology

_MEMBER_PORTS = {"redis": REDIS_PORT, "sentinel": SENTINEL_PORT}


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


def build_member(topology: Topology, member: Member, cluster_ip: str | None = None) -> Body:
    """The Service of one of several members.

    Args:
        topology: topology of the instance.
        member: the member.
        cluster_ip: address that a new Service shall have; None for any.
    """
    spec: Body = {
        "type": "ClusterIP",
        # A member that is not ready has to be reached all the more.
        "publishNotReadyAddresses": True,
        # https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-name-label
        "selector": {**selector(topology.name), "statefulset.kubernetes.io/pod-name": member.pod_name},
        "ports": [{"name": name, "port": port, "targetPort": port, "protocol": "TCP"} for name, port in _MEMBER_PORTS.items()],
    }
    if cluster_ip is not None:
        spec["clusterIP"] = cluster_ip
    return child(topology.instance, SERVICE, str(member.service), "network", spec=spec)
