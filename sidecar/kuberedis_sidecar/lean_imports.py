"""Imports libraries without those of their modules that the sidecar never uses: 6 MiB, a seventh of what it would take when idle.

Every error is answered as JSON by a handler of the gateway, no file is served, no connection becomes a WebSocket, and no answer is encoded
by Sanic. So it needs neither Sanic's pages about errors and folders, which bring a formatter of tracebacks and a builder of HTML with them,
nor aiofiles and websockets, nor ujson, in place of which Sanic also takes ``json``. Tokens are signed with the instance's key, so PyJWT
needs no client of key servers, which brings one of HTTP. The gateway writes its own metrics, so prometheus_client needs no writer, which
brings a server and a client of HTTP.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

_PARTS_OF_SANIC = (
    "sanic.pages.error",
    "sanic.pages.directory_page",
    "sanic.server.protocols.websocket_protocol",
    "sanic.server.websockets.impl",
    "aiofiles",
    "aiofiles.os",
)
_CAUGHT = frozenset({"ConnectionClosed"})
"""Names of exceptions that the rest of a package catches."""


def import_sanic() -> None:
    """Import Sanic, unless it is imported already. Others can import what was left out afterwards."""
    _import_without("sanic", _PARTS_OF_SANIC, absent="ujson")


def import_jwt() -> None:
    """Import PyJWT, unless it is imported already. Others can import what was left out afterwards."""
    _import_without("jwt", ("jwt.jwks_client",))


def import_prometheus_client() -> None:
    """Import prometheus_client, unless it is imported already. Others can import what was left out afterwards."""
    _import_without("prometheus_client", ("prometheus_client.exposition",))


def _import_without(package: str, parts: Sequence[str], absent: str | None = None) -> None:
    """Import a package with stand-ins for some modules, and as if one library were not there."""
    if package in sys.modules:
        return
    left_out: dict[str, Any] = {name: _LeftOut(name) for name in parts if name not in sys.modules}
    if absent is not None and absent not in sys.modules:
        # None makes an import fail (https://docs.python.org/3/reference/import.html#the-module-cache).
        left_out[absent] = None
    sys.modules.update(left_out)
    try:
        importlib.import_module(package)
    finally:
        for name in left_out:
            del sys.modules[name]


class _LeftOut(ModuleType):
    """Stands for a module: its classes and functions import it when another application in this process calls them."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Exception,), {}) if name in _CAUGHT else _function(self.__name__, name)


def _function(module: str, name: str) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*args, **options)

    return call
