"""Imports libraries without those of their modules that the sidecar never uses: 5 MiB, a ninth of what it would take when idle.

Every error is answered as JSON by a handler of the gateway, no folder is served, and no answer is encoded by Sanic. So it needs neither
Sanic's pages about errors and folders, which bring a formatter of tracebacks and a builder of HTML with them, nor ujson, in place of which
it also takes ``json``. Tokens are signed with the instance's key, so PyJWT needs no client of key servers, which brings one of HTTP.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

_PARTS_OF_SANIC = {"sanic.pages.error": ["ErrorPage"], "sanic.pages.directory_page": ["DirectoryPage", "FileInfo"]}
_PARTS_OF_JWT = {"jwt.jwks_client": ["PyJWKClient"]}


def import_sanic() -> None:
    """Import Sanic, unless it is imported already. Others can import what was left out afterwards."""
    _import_without("sanic", _PARTS_OF_SANIC, absent="ujson")


def import_jwt() -> None:
    """Import PyJWT, unless it is imported already. Others can import what was left out afterwards."""
    _import_without("jwt", _PARTS_OF_JWT)


def _import_without(package: str, parts: Mapping[str, Sequence[str]], absent: str | None = None) -> None:
    """Import a package, with functions that call them in place of the classes of some modules, and as if one library were not there."""
    if package in sys.modules:
        return
    left_out: dict[str, Any] = {name: _stand_in(name, classes) for name, classes in parts.items()}
    if absent is not None and absent not in sys.modules:
        # None makes an import fail (https://docs.python.org/3/reference/import.html#the-module-cache).
        left_out[absent] = None
    sys.modules.update(left_out)
    try:
        importlib.import_module(package)
    finally:
        for name in left_out:
            del sys.modules[name]


def _stand_in(name: str, classes: Sequence[str]) -> ModuleType:
    module = ModuleType(name)
    for one in classes:
        setattr(module, one, _class_of(name, one))
    return module


def _class_of(module: str, name: str) -> Callable[..., Any]:
    """A class that is imported when another application in this process wants it."""

    def make(*args: Any, **options: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*args, **options)

    return make
