"""Instances in an API server: how they are applied there, and what becomes of them."""

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
    """Make an instance; its capacity is 1Gi unless told otherwise."""
    objects.create(INSTANCE, body({"capacity": "1Gi", **spec}, namespace=NAMESPACE, name=name))
    return ObjectKey(INSTANCE, NAMESPACE, name)


def children_of(instance: ObjectKey) -> list[ObjectKey]:
    """What an instance is made of, in the order in which it has to be made."""
    name = instance.name
    return [
        ObjectKey(kind, NAMESPACE, child)
        for kind, child in (
            (SECRET, f"{name}-auth"),
            (CONFIG_MAP, f"{name}-config"),
            (NETWORK_POLICY, name),
            (SERVICE, f"{name}-headless"),
            (SERVICE, f"{name}-http"),
            (STATEFUL_SET, name),
            (INGRESS, name),
        )
    ]


def owned_by(objects: Objects, instance: ObjectKey) -> list[ObjectKey]:
    """The objects that say that they are the instance's, in the order in which they were made."""
    uid = objects[instance]["metadata"]["uid"]
    return [key for key in objects if (controller_of(objects[key]) or {}).get("uid") == uid]


def condition(objects: Objects, instance: ObjectKey, kind: str) -> Body:
    """A condition of an instance; an empty one while there is none."""
    conditions: list[Body] = objects[instance].get("status", {}).get("conditions", [])
    return next((each for each in conditions if each["type"] == kind), {})


async def brought_about(objects: Objects, instance: ObjectKey) -> None:
    """Wait until an instance has every child and its status knows of nothing wrong."""

    def is_brought_about() -> bool:
        return (
            set(owned_by(objects, instance)) == set(children_of(instance))
            and condition(objects, instance, "Degraded").get("status") == "False"
        )

    await until(is_brought_about, what=f"all of {instance.name}")


async def serving(objects: Objects, instance: ObjectKey) -> None:
    """Have an instance come to serve: do what a kubelet and an ingress controller do, and wait until its status says so.

    Until then it is looked at again by the clock; from then on only if something happens.
    """
    await brought_about(objects, instance)
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
    await until(lambda: condition(objects, instance, "Ready").get("status") == "True", what=f"{instance.name} to serve")
