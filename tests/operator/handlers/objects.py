"""The objects of a cluster, with the versions, the history and the owners that an API server gives them."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_operator.resources.kinds import SERVICE

# To an API server version 0 is any, and to the operator version 1 is none.
_FIRST_VERSION = 1000


class ObjectKey(NamedTuple):
    """Kind, namespace and name of an object."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind.kind}/{self.name}"


class Change(NamedTuple):
    """A change of an object: ADDED, MODIFIED or DELETED."""

    version: int
    key: ObjectKey
    event_type: str
    body: Body


class Objects:
    """The objects of a cluster and their history. A body that was returned never changes."""

    def __init__(self) -> None:
        self._objects: dict[ObjectKey, Body] = {}
        self._history: list[Change] = []
        self._change = asyncio.Event()
        self.version = _FIRST_VERSION
        """Version of the last change."""
        self.oldest = _FIRST_VERSION
        """The version from which on the history is known."""

    def __iter__(self) -> Iterator[ObjectKey]:
        return iter(list(self._objects))

    def __getitem__(self, key: ObjectKey) -> Body:
        return self._objects[key]

    def get(self, key: ObjectKey) -> Body | None:
        """An object as it is, or None."""
        return self._objects.get(key)

    def create(self, kind: Kind, body: Mapping[str, Any]) -> Body:
        """Create an object, with a uid and what else the API server sets."""
        metadata = {
            **body["metadata"],
            "uid": str(uuid.uuid4()),
            "generation": 1,
            "creationTimestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if kind == SERVICE and "clusterIP" not in body["spec"]:
            body = {**body, "spec": {**body["spec"], "clusterIP": f"10.96.{self.version // 250 % 250}.{self.version % 250}"}}
        return self._record("ADDED", kind, {**body, "metadata": metadata})

    def has_address(self, cluster_ip: object) -> bool:
        """Whether a Service has this address."""
        addresses = (body["spec"]["clusterIP"] for key, body in self._objects.items() if key.kind == SERVICE)
        return any(address == cluster_ip != "None" for address in addresses)

    def edit(self, key: ObjectKey, changes: Mapping[str, Any]) -> Body:
        """Merge `changes` into an object (RFC 7396)."""
        return self._replace(key, _merged(self._objects[key], changes))

    def set_member(self, key: ObjectKey, name: str, value: Any) -> Body:
        """Replace the member `name` of an object by `value`."""
        return self._replace(key, {**self._objects[key], name: value})

    def delete(self, key: ObjectKey) -> None:
        """Delete an object; what it owns is still there."""
        self._record("DELETED", key.kind, self._objects.pop(key))

    def collect_garbage(self) -> None:
        """Delete the objects none of whose owners exists."""
        uids = {body["metadata"]["uid"] for body in self._objects.values()}
        owners = {key: body["metadata"].get("ownerReferences", []) for key, body in self._objects.items()}
        garbage = [key for key, named in owners.items() if named and not any(owner["uid"] in uids for owner in named)]
        for key in garbage:
            self.delete(key)
        if garbage:
            self.collect_garbage()

    def forget_history(self) -> None:
        """Expire all versions before this one."""
        self._history.clear()
        self.oldest = self.version
        self.wake()

    def since(self, version: int) -> list[Change]:
        """The changes after a version that is not older than `oldest`."""
        return [change for change in self._history if change.version > version]

    async def changed(self) -> None:
        """Return when something happens."""
        await self._change.wait()

    def wake(self) -> None:
        """Have every `changed` return."""
        self._change.set()
        self._change = asyncio.Event()

    def _replace(self, key: ObjectKey, body: Body) -> Body:
        live = self._objects[key]
        # What changes nothing is no change: no version, no event.
        if body == live:
            return live
        generation = live["metadata"]["generation"] + (body.get("spec") != live.get("spec"))
        return self._record("MODIFIED", key.kind, {**body, "metadata": {**body["metadata"], "generation": generation}})

    def _record(self, event_type: str, kind: Kind, body: Body) -> Body:
        self.version += 1
        body = {**body, "metadata": {**body["metadata"], "resourceVersion": str(self.version)}}
        key = ObjectKey(kind, body["metadata"]["namespace"], body["metadata"]["name"])
        if event_type != "DELETED":
            self._objects[key] = body
        self._history.append(Change(self.version, key, event_type, body))
        self.wake()
        return body


def _merged(live: Mapping[str, Any], changes: Mapping[str, Any]) -> Body:
    merged = dict(live)
    for name, value in changes.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            present = merged.get(name)
            merged[name] = _merged(present if isinstance(present, Mapping) else {}, value)
        else:
            merged[name] = value
    return merged
