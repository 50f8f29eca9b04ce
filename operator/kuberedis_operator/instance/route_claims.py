"""Which instance holds which host and path. Two cannot share one: the oldest that claims it holds it.

The holder depends on all instances, so all have to claim before one is reconciled.
"""

from __future__ import annotations

from typing import NamedTuple

from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.topology.route import HostPath


class _Claim(NamedTuple):
    created_at: str
    uid: str
    key: NamespacedName


class RouteClaims:
    """Claims of instances to hosts and paths, ordered by age (by uid within the same second)."""

    def __init__(self) -> None:
        self._claims: dict[HostPath, list[_Claim]] = {}
        self._claimed: dict[NamespacedName, tuple[HostPath, _Claim]] = {}

    def claim(self, key: NamespacedName, host_path: HostPath, created_at: str, uid: str) -> set[NamespacedName]:
        """Claim `host_path` for `key`, in place of what it claimed before.

        Args:
            key: key of the instance.
            host_path: what it wants.
            created_at: creationTimestamp of the instance, RFC 3339 in UTC.
            uid: uid of the instance.

        Returns:
            Keys of other instances for which the result of `holder` may have changed.
        """
        claim = _Claim(created_at, uid, key)
        if self._claimed.get(key) == (host_path, claim):
            return set()
        affected = self.release(key)
        claims = self._claims.setdefault(host_path, [])
        claims.append(claim)
        claims.sort()
        self._claimed[key] = (host_path, claim)
        return (affected | {other.key for other in claims}) - {key}

    def release(self, key: NamespacedName) -> set[NamespacedName]:
        """Release what `key` claimed.

        Returns:
            Keys of other instances for which the result of `holder` may have changed.
        """
        if (held := self._claimed.pop(key, None)) is None:
            return set()
        host_path, claim = held
        claims = self._claims[host_path]
        claims.remove(claim)
        if not claims:
            del self._claims[host_path]
        return {other.key for other in claims}

    def holder(self, host_path: HostPath) -> NamespacedName | None:
        """Key of the instance that has `host_path`."""
        claims = self._claims.get(host_path)
        return claims[0].key if claims else None
