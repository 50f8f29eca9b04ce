"""Objects of the cluster as they were last seen, as compact JSON.

An object is replaced only by a later version of itself, so that the response to a write is not undone by a watch that is behind. Comparing
versions: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import orjson

from kuberedis_core.body import Body
from kuberedis_core.crd.names import NamespacedName


class _Stored(NamedTuple):
    version: int
    content: bytes
    watched: int
    """The last version that a list or a watch delivered."""
    written: tuple[int, ...]
    """The versions since, as far as writes returned them."""


def key_of(body: Body) -> NamespacedName:
    """Namespace and name of a namespaced object."""
    return NamespacedName(body["metadata"]["namespace"], body["metadata"]["name"])


def version_of(body: Body) -> int:
    """The resourceVersion as a number."""
    return int(body["metadata"]["resourceVersion"])


class ObjectCache:
    """Objects of one kind by namespace and name."""

    def __init__(self) -> None:
        self._objects: dict[NamespacedName, _Stored] = {}
        self._seen = 0

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[NamespacedName]:
        return iter(list(self._objects))

    def versions(self) -> list[tuple[NamespacedName, int]]:
        """Each key and the version of its object."""
        return [(key, stored.version) for key, stored in self._objects.items()]

    def get(self, key: NamespacedName) -> Body | None:
        """A copy of the object, or None."""
        stored = self._objects.get(key)
        return None if stored is None else orjson.loads(stored.content)

    def put(self, body: Body) -> bool:
        """Store what a list or a watch delivered.

        A change that precedes a write of our own is contained in the response to that write. It counts as new all the same: the write
        was computed without it.

        Returns:
            Whether it is a change that needs a reconcile.
        """
        key, version = key_of(body), version_of(body)
        self._seen = max(self._seen, version)
        stored = self._objects.get(key)
        if stored is None or stored.version < version:
            self._objects[key] = _Stored(version, orjson.dumps(body), version, ())
            return True
        if version <= stored.watched:
            return False
        later = tuple(written for written in stored.written if written > version)
        self._objects[key] = stored._replace(watched=version, written=later)
        return version not in stored.written

    def put_written(self, body: Body) -> None:
        """Store the response to a write, unless the watch is past that version already: the object may be gone since."""
        key, version = key_of(body), version_of(body)
        stored = self._objects.get(key)
        if version <= self._seen or (stored is not None and stored.version >= version):
            return
        watched, written = (stored.watched, stored.written) if stored is not None else (0, ())
        self._objects[key] = _Stored(version, orjson.dumps(body), watched, (*written, version))

    def remove(self, key: NamespacedName, version: int) -> bool:
        """Process a deletion at that version; whether the object was there."""
        self._seen = max(self._seen, version)
        stored = self._objects.get(key)
        if stored is None or stored.version > version:
            return False
        del self._objects[key]
        return True

    def keep_only(self, keys: Collection[NamespacedName], namespace: str | None, version: int) -> list[Body]:
        """Remove what a complete list of that version did not contain any more.

        Args:
            keys: keys of the list.
            namespace: namespace that was listed; None for all.
            version: resourceVersion of the list.

        Returns:
            The objects that were removed.
        """
        gone = {
            key: stored
            for key, stored in self._objects.items()
            if key not in keys and stored.version <= version and namespace in (None, key.namespace)
        }
        for key in gone:
            del self._objects[key]
        self._seen = max(self._seen, version)
        return [orjson.loads(stored.content) for stored in gone.values()]
