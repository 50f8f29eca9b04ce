"""What the operator knows of the cluster: one cache for the instances, one for each kind of child, and what keeps them up to date.

Only objects that carry the operator's label are watched, and the API server picks them: no other Secret or Pod ever comes here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from kuberedis_core.crd.kind import API_VERSION, KIND
from kuberedis_core.crd.names import FIELD_MANAGER, NamespacedName
from kuberedis_operator.resources.kinds import INSTANCE, WATCHED, Kind
from kuberedis_operator.runtime.api_client import Api, Body, without_managed_fields
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.object_cache import Cache, key_of
from kuberedis_operator.runtime.reflector import Reflector

_SELECTOR = f"app.kubernetes.io/managed-by={FIELD_MANAGER}"
_INSTANCE_LABEL = "app.kubernetes.io/instance"
_PAGE = "500"


class Cluster:
    """The caches of one operator.

    Args:
        api: The API server.
        namespaces: Those that are watched; empty for all.
        changed: Called with the key of an instance when one of its children is new, changed or gone.
        metrics: Where failures of watches are counted.
    """

    def __init__(self, api: Api, namespaces: Iterable[str], changed: Callable[[NamespacedName], None], metrics: OperatorMetrics) -> None:
        self._api = api
        self._namespaces: tuple[str | None, ...] = tuple(namespaces) or (None,)
        self._changed = changed
        self.instances = Cache()
        self._children = {resource.kind: Cache() for resource in WATCHED}
        self._reflectors = [
            Reflector(api, resource, namespace, _SELECTOR, self._children[resource.kind], self._child_changed, metrics)
            for resource in WATCHED
            for namespace in self._namespaces
        ]
        self._instances_listed = False

    @property
    def complete(self) -> bool:
        """Whether every cache has held everything."""
        return self._instances_listed and all(reflector.complete.is_set() for reflector in self._reflectors)

    def serves(self, resource: Kind) -> bool:
        """Whether the API server knows this kind."""
        return any(reflector.served for reflector in self._reflectors if reflector.resource == resource)

    def child(self, resource: Kind, namespace: str, name: str) -> Body | None:
        """A child as it was last seen."""
        return self._children[resource.kind].get(NamespacedName(namespace, name))

    def written(self, resource: Kind, body: Body) -> None:
        """Take what a write returned, so that it need not be waited for."""
        cache = self.instances if resource == INSTANCE else self._children.get(resource.kind)
        if cache is not None:
            cache.put_written(body)

    def watch(self, tasks: asyncio.TaskGroup) -> None:
        """Start to watch all kinds of children, in `tasks`."""
        for reflector in self._reflectors:
            tasks.create_task(reflector.run())

    async def wait_for_children(self) -> None:
        """Return when the caches of children are complete."""
        for reflector in self._reflectors:
            await reflector.complete.wait()

    async def list_instances(self) -> list[NamespacedName]:
        """Read all instances anew, for events that were missed.

        Returns:
            Those that are gone.

        Raises:
            ApiUnavailable: No answer.
            ApiError: Refused; 404 if the CustomResourceDefinition is not installed.
        """
        gone = [key for namespace in self._namespaces for key in await self._list_instances(namespace)]
        self._instances_listed = True
        return gone

    async def _list_instances(self, namespace: str | None) -> list[NamespacedName]:
        keys: set[NamespacedName] = set()
        token = ""
        while True:
            query = [("limit", _PAGE)] + ([("continue", token)] if token else [])
            page = await self._api.list_page(INSTANCE, namespace, query)
            for body in page["items"]:
                keys.add(key_of(body))
                self.instances.put(without_managed_fields(body))
            if not (token := page["metadata"].get("continue", "")):
                break
        return [key_of(body) for body in self.instances.keep_only(keys, namespace, int(page["metadata"]["resourceVersion"]))]

    def _child_changed(self, body: Body) -> None:
        if (key := instance_of(body)) is not None:
            self._changed(key)


def controller_of(body: Body) -> dict[str, Any] | None:
    """The ownerReference of the controller, or None."""
    return next((owner for owner in body["metadata"].get("ownerReferences", ()) if owner.get("controller")), None)


def instance_of(body: Body) -> NamespacedName | None:
    """The instance that an object belongs to: by its owner, or by its label if a StatefulSet made it."""
    owner = controller_of(body)
    if owner is not None and (owner["apiVersion"], owner["kind"]) == (API_VERSION, KIND):
        return NamespacedName(body["metadata"]["namespace"], owner["name"])
    name = body["metadata"].get("labels", {}).get(_INSTANCE_LABEL)
    return NamespacedName(body["metadata"]["namespace"], name) if name else None
