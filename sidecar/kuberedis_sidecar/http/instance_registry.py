"""The instances of a server: gateways by base path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import choice

from kuberedis_sidecar.errors import BasePathTaken
from kuberedis_sidecar.gateway.gateway import Gateway


class InstanceRegistry:
    """The gateways of one server: a sidecar has one, local mode any number.

    The sidecars of all members of an instance serve the same base path. Where one process has them all, as in local mode, any of them gets
    a request, as behind a Service.
    """

    def __init__(self) -> None:
        self._by_base: dict[bytes, tuple[Gateway, ...]] = {}
        self._depths: tuple[int, ...] = ()
        self._only: tuple[bytes, Gateway] | None = None
        """Base path, with a slash, and gateway when there is only one, as in a sidecar: then no lookup is needed."""

    def __iter__(self) -> Iterator[Gateway]:
        return iter([gateway for gateways in self._by_base.values() for gateway in gateways])

    def __len__(self) -> int:
        return len(self._by_base)

    def add(self, *gateways: Gateway) -> None:
        """Register the gateways of one instance, one for each of its members, under its base path.

        Raises:
            BasePathTaken: Another instance has this base path.
        """
        base_path = gateways[0].settings.base_path
        base = base_path.encode()
        if base in self._by_base:
            raise BasePathTaken(f"the base path {base_path} is taken by instance {self._by_base[base][0].settings.instance}")
        self._by_base[base] = gateways
        self._index()

    def remove(self, base_path: str) -> tuple[Gateway, ...]:
        """Unregister a base path and return its gateways.

        Raises:
            KeyError: There is no such base path.
        """
        gateways = self._by_base.pop(base_path.encode())
        self._index()
        return gateways

    def resolve(self, path: bytes) -> tuple[Gateway, bytes] | None:
        """The gateway for a raw path, and the part of the path below its base path; None if there is none."""
        if self._only is not None:
            base, gateway = self._only
            if path.startswith(base):
                return gateway, path[len(base) - 1 :]
        for depth in self._depths:
            base = b"/".join(path.split(b"/", depth + 1)[: depth + 1])
            found = self._by_base.get(base)
            if found is not None:
                return found[0] if len(found) == 1 else choice(found), path[len(base) :]  # noqa: S311
        return None

    def _index(self) -> None:
        only = list(self._by_base.items())
        self._only = (only[0][0] + b"/", only[0][1][0]) if len(only) == 1 and len(only[0][1]) == 1 else None
        self._depths = tuple(sorted({base.count(b"/") for base in self._by_base}, reverse=True))


def speaker(gateways: Sequence[Gateway], member: str | None) -> Gateway:
    """Whose figures are those of an instance, of the gateways of all its members that this process has.

    Args:
        gateways: at least one.
        member: name of the member that is asked about; None for the primary, which knows the commands of all.
    """

    def rank(gateway: Gateway) -> tuple[bool, bool]:
        own = gateway.settings.members
        return own is not None and own.name == member, gateway.member is not None and gateway.member.is_primary

    return max(gateways, key=rank)
