"""Which instance holds which host and path. Two may not share one: the older keeps it, and it passes on when that one lets go.

The answer depends on all instances, so it is asked only once all are known.
"""

from __future__ import annotations

from typing import NamedTuple

from kuberedis_core.crd.names import NamespacedName


class Place(NamedTuple):
    """A host and a path that one instance can be reached at; no host stands for all that no other rule names."""

    host: str | None
    path: str


class _Claim(NamedTuple):
    created_at: str
    uid: str
    key: NamespacedName


class PlaceTable:
    """Claims of instances to places, ordered by age (by uid within the same second)."""

    def __init__(self) -> None:
        self._claims: dict[Place, list[_Claim]] = {}
        self._places: dict[NamespacedName, tuple[Place, _Claim]] = {}

    def claim(self, key: NamespacedName, place: Place, created_at: str, uid: str) -> set[NamespacedName]:
        """`key` wants `place` and no other.

        Args:
            key: The instance.
            place: What it wants.
            created_at: Its creationTimestamp, RFC 3339 in UTC.
            uid: Its uid.

        Returns:
            Other instances for which the answer of `holder` may have changed.
        """
        claim = _Claim(created_at, uid, key)
        if self._places.get(key) == (place, claim):
            return set()
        affected = self.release(key)
        claims = self._claims.setdefault(place, [])
        claims.append(claim)
        claims.sort()
        self._places[key] = (place, claim)
        return (affected | {other.key for other in claims}) - {key}

    def release(self, key: NamespacedName) -> set[NamespacedName]:
        """`key` wants no place.

        Returns:
            Other instances for which the answer of `holder` may have changed.
        """
        if (held := self._places.pop(key, None)) is None:
            return set()
        place, claim = held
        claims = self._claims[place]
        claims.remove(claim)
        if not claims:
            del self._claims[place]
        return {other.key for other in claims}

    def holder(self, place: Place) -> NamespacedName | None:
        """The instance that has `place`."""
        claims = self._claims.get(place)
        return claims[0].key if claims else None
