"""Which instance holds which host and path. Two may not share one: the older keeps it, and it passes on when that one lets go.

The answer depends on all instances, so it is asked only once all are known.
"""

from __future__ import annotations

from typing import NamedTuple

from kuberedis_operator.cache import Key


class Route(NamedTuple):
    """What an instance is reached at; an empty host stands for all hosts that no other rule names."""

    host: str
    path: str


class _Claim(NamedTuple):
    created_at: str
    uid: str
    key: Key


class RouteTable:
    """Claims of instances to routes, ordered by age (by uid within the same second)."""

    def __init__(self) -> None:
        self._claims: dict[Route, list[_Claim]] = {}
        self._routes: dict[Key, tuple[Route, _Claim]] = {}

    def claim(self, key: Key, route: Route, created_at: str, uid: str) -> set[Key]:
        """`key` wants `route` and no other.

        Args:
            key: The instance.
            route: What it wants.
            created_at: Its creationTimestamp, RFC 3339 in UTC.
            uid: Its uid.

        Returns:
            Other instances for which the answer of `holder` may have changed.
        """
        claim = _Claim(created_at, uid, key)
        if self._routes.get(key) == (route, claim):
            return set()
        affected = self.release(key)
        claims = self._claims.setdefault(route, [])
        claims.append(claim)
        claims.sort()
        self._routes[key] = (route, claim)
        return (affected | {other.key for other in claims}) - {key}

    def release(self, key: Key) -> set[Key]:
        """`key` wants no route.

        Returns:
            Other instances for which the answer of `holder` may have changed.
        """
        if (held := self._routes.pop(key, None)) is None:
            return set()
        route, claim = held
        claims = self._claims[route]
        claims.remove(claim)
        if not claims:
            del self._claims[route]
        return {other.key for other in claims}

    def holder(self, route: Route) -> Key | None:
        """The instance that has `route`."""
        claims = self._claims.get(route)
        return claims[0].key if claims else None
