"""What the operator knows of the cluster about one kind: its objects, their children, and what keeps both up to date.

Only children that carry the operator's label are watched, and the API server selects them: no other Secret or Pod ever arrives here. Of
some kinds all objects are watched: those that no owner controls are passed on, and are nobody's children.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_core.crd.names import CLAIM_MARK, FIELD_MANAGER, INSTANCE_LABEL, MANAGED_BY_LABEL, NamespacedName
from kuberedis_operator.resources.objects import controller_of
from kuberedis_operator.runtime.api_client import ApiClient, without_managed_fields
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.object_cache import ObjectCache, key_of
from kuberedis_operator.runtime.reflector import Reflector

_SELECTOR = f"{MANAGED_BY_LABEL}={FIELD_MANAGER}"
_PAGE = "500"

Foreign = Mapping[Kind, Callable[[NamespacedName, Body | None], object]]
"""By kind, what is called with each object that belongs to no owner, or with None when it is gone."""


class ObjectStore:
    """The caches of one kind.

    Args:
        api: client of the API server.
        kind: kind of the owners.
        children: kinds of their children.
        namespaces: namespaces that are watched; none means all.
        metrics: where failures of watches are counted.
        foreign: kinds of which all objects are watched.
    """

    def __init__(
        self,
        api: ApiClient,
        kind: Kind,
        children: Iterable[Kind],
        namespaces: Iterable[str],
        metrics: OperatorMetrics,
        foreign: Foreign = MappingProxyType({}),
    ) -> None:
        self._api = api
        self.kind = kind
        self.owners = ObjectCache()
        """The objects of the kind."""
        self._namespaces: tuple[str | None, ...] = tuple(namespaces) or (None,)
        self._children = {child: ObjectCache() for child in children}
        self._reflectors = [
            Reflector(api, child, namespace, "" if child in foreign else _SELECTOR, cache, metrics)
            for child, cache in self._children.items()
            for namespace in self._namespaces
        ]
        self._foreign = foreign
        self._owners_listed = False

    @property
    def complete(self) -> bool:
        """Whether every cache has held everything."""
        return self._owners_listed and all(reflector.complete.is_set() for reflector in self._reflectors)

    def serves(self, kind: Kind) -> bool:
        """Whether the API server serves this kind of child."""
        return any(reflector.served for reflector in self._reflectors if reflector.kind == kind)

    def child(self, kind: Kind, namespace: str, name: str) -> Body | None:
        """A child as it was last seen."""
        body = self._children[kind].get(NamespacedName(namespace, name))
        return None if body is not None and kind in self._foreign and self._controlling(body) is None else body

    def written(self, kind: Kind, body: Body) -> None:
        """Store the response to a write, so that the watch need not be waited for."""
        cache = self.owners if kind == self.kind else self._children.get(kind)
        if cache is not None:
            cache.put_written(body)

    def watch_children(self, tasks: asyncio.TaskGroup, changed: Callable[[NamespacedName], None]) -> None:
        """Start to watch all kinds of children.

        Args:
            tasks: group that the watches run in.
            changed: called with the key of an owner when one of its children is new, changed or gone.
        """

        for reflector in self._reflectors:
            tasks.create_task(reflector.run(self._on_change(reflector.kind, changed)))

    def _on_change(self, kind: Kind, changed: Callable[[NamespacedName], None]) -> Callable[[Body], None]:
        foreign = self._foreign.get(kind)

        def child_changed(body: Body) -> None:
            if (key := self._owner_of(body)) is not None:
                changed(key)

        def any_changed(body: Body) -> None:
            owner = self._controlling(body)
            is_foreign = owner is None and self._children[kind].get(key_of(body)) is not None
            if foreign is not None:
                foreign(key_of(body), body if is_foreign else None)
            if owner is not None:
                changed(owner)

        return child_changed if foreign is None else any_changed

    async def wait_for_children(self) -> None:
        """Return when the caches of children are complete."""
        for reflector in self._reflectors:
            await reflector.complete.wait()

    async def list_owners(self) -> list[NamespacedName]:
        """List all owners again, for events that were missed.

        Returns:
            Keys of those that are gone.

        Raises:
            ApiUnavailable: there was no response.
            ApiRefused: refused; NotFound if the CustomResourceDefinition is not installed.
        """
        gone = [key for namespace in self._namespaces for key in await self._list_owners(namespace)]
        self._owners_listed = True
        return gone

    async def _list_owners(self, namespace: str | None) -> list[NamespacedName]:
        keys: set[NamespacedName] = set()
        async for page in self._api.list_pages(self.kind, namespace, [("limit", _PAGE)]):
            for body in page["items"]:
                keys.add(key_of(body))
                self.owners.put(without_managed_fields(body))
        return [key_of(body) for body in self.owners.keep_only(keys, namespace, int(page["metadata"]["resourceVersion"]))]

    def _owner_of(self, child: Body) -> NamespacedName | None:
        """The owner of a child: by its ownerReference, or by its label if a StatefulSet made it."""
        if (owner := self._controlling(child)) is not None:
            return owner
        metadata = child["metadata"]
        labels = metadata.get("labels", {})
        name = labels.get(CLAIM_MARK) or labels.get(INSTANCE_LABEL)
        return NamespacedName(metadata["namespace"], name) if name else None

    def _controlling(self, child: Body) -> NamespacedName | None:
        """The owner that the object names as its controller."""
        owner = controller_of(child)
        if owner is None or (owner["apiVersion"], owner["kind"]) != (self.kind.api_version, self.kind.kind):
            return None
        return NamespacedName(child["metadata"]["namespace"], owner["name"])
