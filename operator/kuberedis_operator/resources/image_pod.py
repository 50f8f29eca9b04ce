"""The pod NAME-image, which pulls new images to the node of a pod that serves.

It is as restricted as the pod that it prepares, and mounts nothing. It has none of the labels by which Services and StatefulSets find pods.
"""

from __future__ import annotations

from kuberedis_core.body import Body
from kuberedis_core.crd.names import image_pod_name
from kuberedis_operator.resources.kinds import POD
from kuberedis_operator.resources.objects import child
from kuberedis_operator.topology.topology import Topology

# What the pod has in common with the one that it prepares.
_SHARED = ("securityContext", "automountServiceAccountToken", "enableServiceLinks", "imagePullSecrets", "tolerations")
# Enough to start a program that does nothing; where a quota counts them, both have to be there.
_RESOURCES = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "100m", "memory": "32Mi"}}


def missing(pod: Body, rendered: Body) -> tuple[str, ...]:
    """The images of the template in the StatefulSet `rendered` that `pod` does not have."""
    has = {container["image"] for container in _containers(pod["spec"])}
    return tuple(sorted({container["image"] for container in _containers(rendered["spec"]["template"]["spec"])} - has))


def build(topology: Topology, rendered: Body, images: tuple[str, ...], node: str | None) -> Body:
    """The pod.

    Args:
        topology: topology of the instance.
        rendered: the StatefulSet whose pods need the images.
        images: the images to pull.
        node: name of the node to pull them to.
    """
    template = rendered["spec"]["template"]["spec"]
    spec: Body = {name: template[name] for name in _SHARED if name in template}
    spec["containers"] = [
        {
            "name": container["name"],
            "image": container["image"],
            "command": ["true"],
            "resources": _RESOURCES,
            "securityContext": container["securityContext"],
        }
        for container in _containers(template)
        if container["image"] in images
    ]
    spec.update({"restartPolicy": "Never", "terminationGracePeriodSeconds": 0} | ({"nodeName": node} if node else {}))
    made = child(topology.instance, POD, image_pod_name(topology.name), "image", spec=spec)
    made["metadata"]["labels"]["app.kubernetes.io/name"] = "redis-http-instance-image"
    return made


def _containers(spec: Body) -> list[Body]:
    return [*spec.get("initContainers", ()), *spec["containers"]]
