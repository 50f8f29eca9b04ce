"""What the page of an instance is made of, read with the rights of its user. Only the instance itself must be readable."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_core.crd.names import CLAIM_MARK, claim_name, member_selector, pod_name
from kuberedis_dashboard.errors import NotAllowed, Unavailable
from kuberedis_dashboard.kube.client import KubeClient
from kuberedis_dashboard.views.instance_page import Found, InstancePage, instance_page
from kuberedis_dashboard.views.member import member_count

_POD = Kind("v1", "Pod", "pods")
_CLAIM = Kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
_EVENT = Kind("v1", "Event", "events")
_MOST_PODS = "10"
_MOST_EVENTS = "100"


async def read_page(kube: KubeClient, instance: Body) -> InstancePage:
    """The page of an instance.

    Args:
        kube: the API server, asked by the user.
        instance: the instance.
    """
    namespace, name = instance["metadata"]["namespace"], instance["metadata"]["name"]
    labels = ",".join(f"{key}={value}" for key, value in member_selector(name).items())
    pods, claims, events = await asyncio.gather(
        _found(kube, _POD, namespace, {"labelSelector": labels, "limit": _MOST_PODS}),
        _found(kube, _CLAIM, namespace, {"labelSelector": f"{CLAIM_MARK}={name}", "limit": _MOST_PODS}),
        _events(kube, namespace, name, member_count(instance)),
    )
    return instance_page(instance, pods, claims, events, datetime.now(UTC))


async def _events(kube: KubeClient, namespace: str, name: str, members: int) -> Found[Body]:
    children = (made(name, ordinal) for ordinal in range(members) for made in (pod_name, claim_name))
    selectors = (f"involvedObject.name={about}" for about in (name, *children))
    return _together(
        await asyncio.gather(
            *(_found(kube, _EVENT, namespace, {"fieldSelector": selector, "limit": _MOST_EVENTS}) for selector in selectors)
        )
    )


async def _found(kube: KubeClient, kind: Kind, namespace: str, params: dict[str, str]) -> Found[Body]:
    try:
        return Found(tuple((await kube.get(kind.path(namespace), params)).get("items") or ()))
    except (NotAllowed, Unavailable) as problem:
        return Found(problem=problem.message)


def _together(parts: Iterable[Found[Body]]) -> Found[Body]:
    parts = list(parts)
    problem = next((part.problem for part in parts if part.problem), "")
    return Found(tuple(item for part in parts for item in part.items), problem)
