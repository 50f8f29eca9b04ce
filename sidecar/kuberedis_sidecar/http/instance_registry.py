"""Which instance a request is for: gateways by base path."""

from __future__ import annotations

from collections.abc import Iterator

from kuberedis_sidecar.gateway import Gateway


class Instances:
    """The gateways that one server serves; a sidecar has one, local mode has many."""

    def __init__(self) -> None:
        self._by_base: dict[bytes, Gateway] = {}
        self._depths: tuple[int, ...] = ()
        self._only: tuple[bytes, Gateway] | None = None
        """The one gateway and its base path with a slash, in a sidecar: nothing has to be looked up there."""

    def __iter__(self) -> Iterator[Gateway]:
        return iter(list(self._by_base.values()))

    def __len__(self) -> int:
        return len(self._by_base)

    def add(self, gateway: Gateway) -> None:
        """Serve a gateway under its base path.

        Raises:
            ValueError: Another has this base path.
        """
        base = gateway.settings.base_path.encode()
        if base in self._by_base:
            raise ValueError(f"the base path {gateway.settings.base_path} is taken by instance {self._by_base[base].settings.instance}")
        self._by_base[base] = gateway
        self._index()

    def take(self, base_path: str) -> Gateway:
        """Stop serving a base path; its gateway.

        Raises:
            KeyError: There is none.
        """
        gateway = self._by_base.pop(base_path.encode())
        self._index()
        return gateway

    def resolve(self, path: bytes) -> tuple[Gateway, bytes] | None:
        """The gateway for a raw path and what of the path lies below its base path."""
        if self._only is not None:
            base, gateway = self._only
            if path.startswith(base):
                return gateway, path[len(base) - 1 :]
        for depth in self._depths:
            base = b"/".join(path.split(b"/", depth + 1)[: depth + 1])
            found = self._by_base.get(base)
            if found is not None:
                return found, path[len(base) :]
        return None

    def _index(self) -> None:
        only = list(self._by_base.items())
        self._only = (only[0][0] + b"/", only[0][1]) if len(only) == 1 else None
        self._depths = tuple(sorted({base.count(b"/") for base in self._by_base}, reverse=True))
