"""Instances in an API server: how they are applied, and the state that they reach."""

from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.names import pod_name
from kuberedis_operator.resources.kinds import CONFIG_MAP, INGRESS, INSTANCE, NETWORK_POLICY, POD, SECRET, SERVICE, STATEFUL_SET
from kuberedis_operator.resources.objects import controller_of
from tests.harness.waiting import until
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.rendering import body

NAMESPACE = "team-a"


def apply(objects: Objects, name: str = "my-cache", **spec: Any) -> ObjectKey:
    """Create an instance; its capacity is 1Gi by default."""
    objects.create(INSTANCE, body({"capacity": "1Gi", **spec}, namespace=NAMESPACE, name=name))
    return ObjectKey(INSTANCE, NAMESPACE, name)


def children_of(instance: ObjectKey) -> list[ObjectKey]:
    """The children of an instance, in the order in which they have to be created."""
    name = instance.name
    return [
        ObjectKey(kind, NAMESPACE, child)
        for kind, child in (
            (SECRET, f"{name}-auth"),
            (SECRET, f"{name}-redis-password"),
            (CONFIG_MAP, f"{name}-config"),
            (NETWORK_POLICY, name),
            (SERVICE, f"{name}-headless"),
            (SERVICE, f"{name}-http"),
            (STATEFUL_SET, name),
            (INGRESS, name),
        )
    ]


def owned_by(objects: Objects, instance: ObjectKey) -> list[ObjectKey]:
    """The objects whose controller is the instance, in the order in which they were created."""
    uid = objects[instance]["metadata"]["uid"]
    return [key for key in objects if (controller_of(objects[key]) or {}).get("uid") == uid]


def condition(objects: Objects, instance: ObjectKey, kind: str) -> Body:
    """A condition of an instance; empty while there is none."""
    conditions: list[Body] = objects[instance].get("status", {}).get("conditions", [])
    return next((each for each in conditions if each["type"] == kind), {})


async def applied(objects: Objects, instance: ObjectKey, *, limit_seconds: float = 10) -> None:
    """Wait until an instance has every child and is not degraded."""

    def is_applied() -> bool:
        return (
            set(owned_by(objects, instance)) == set(children_of(instance))
            and condition(objects, instance, "Degraded").get("status") == "False"
        )

    await until(is_applied, limit_seconds=limit_seconds, what=f"all of {instance.name}")


async def serving(objects: Objects, instance: ObjectKey) -> None:
    """Do what a kubelet and an ingress controller do, and wait until the status says that the instance serves.

    Until then it is reconciled again after a time; from then on only after an event.
    """
    await applied(objects, instance)
    with_pod(objects, instance)
    await until(lambda: condition(objects, instance, "Ready").get("status") == "True", what=f"{instance.name} to serve")


def with_pod(objects: Objects, instance: ObjectKey) -> None:
    """Do what a kubelet and an ingress controller do: a ready pod, and an address in the Ingress."""
    *_, stateful_set, ingress = children_of(instance)
    template = objects[stateful_set]["spec"]["template"]
    metadata = {
        **template["metadata"],
        "namespace": NAMESPACE,
        "name": pod_name(instance.name),
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "StatefulSet",
                "name": stateful_set.name,
                "uid": objects[stateful_set]["metadata"]["uid"],
                "controller": True,
            }
        ],
    }
    status = {"conditions": [{"type": "Ready", "status": "True"}]}
    objects.create(POD, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"], "status": status})
    objects.edit(ingress, {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}})
