"""Instances as the API server returns them, and the objects that are rendered for them."""

import uuid
from collections.abc import Mapping
from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.spec import Instance
from kuberedis_operator.resources import render
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.topology.topology import Topology, topology_of

_CLUSTER = {
    "KUBEREDIS_SIDECAR_IMAGE": "localhost/kuberedis-sidecar:1",
    "KUBEREDIS_INGRESS_NAMESPACES": "ingress-nginx",
}
SETTINGS = OperatorSettings.from_environ({**_CLUSTER, "KUBEREDIS_ALLOWED_TOLERATIONS": "a"})
GATEWAY = {"KUBEREDIS_ROUTING": "HTTPRoute", "KUBEREDIS_GATEWAY": "projectcontour/contour/http"}


def settings(**variables: str) -> OperatorSettings:
    """The operator's settings with these variables of its environment, beside those that every cluster has."""
    return OperatorSettings.from_environ({**_CLUSTER, **variables})


def body(spec: Mapping[str, Any], *, namespace: str = "team-a", name: str = "my-cache") -> Body:
    """A custom resource."""
    return {
        "apiVersion": "cache.yourcompany.com/v1alpha1",
        "kind": "RedisHttpInstance",
        "metadata": {
            "namespace": namespace,
            "name": name,
            "uid": str(uuid.UUID(int=1)),
            "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": dict(spec),
    }


def instance(*, namespace: str = "team-a", name: str = "my-cache", **spec: Any) -> Instance:
    """An instance; its capacity is 1Gi by default."""
    return Instance.from_body(body({"capacity": "1Gi", **spec}, namespace=namespace, name=name))


def topology(instance: Instance, settings: OperatorSettings = SETTINGS) -> Topology:
    """The topology of an instance that has no volume yet; several members have their addresses."""
    return topology_of(instance, settings).with_addresses({f"{instance.name}-{ordinal}": f"10.96.0.{ordinal + 1}" for ordinal in range(3)})


def rendered(instance: Instance, settings: OperatorSettings = SETTINGS, *, routed: bool = True) -> dict[str, Body]:
    """The objects of an instance, by `Kind/name`."""
    return {f"{child.kind.kind}/{child.name}": child.body for child in render(topology(instance, settings), routed=routed)}


def pod_template(instance: Instance, settings: OperatorSettings = SETTINGS) -> Body:
    """The template of an instance's pod."""
    template: Body = rendered(instance, settings)[f"StatefulSet/{instance.name}"]["spec"]["template"]
    return template


def container(name: str, instance: Instance, settings: OperatorSettings = SETTINGS) -> Body:
    """A container of an instance's pod."""
    containers: list[Body] = pod_template(instance, settings)["spec"]["containers"]
    return next(container for container in containers if container["name"] == name)
