"""Imports Sanic without what it only needs for answers that the gateway never sends: 3.7 MiB, a tenth of an idle sidecar.

Every error is answered as JSON by a handler of the gateway, and no answer is encoded by Sanic. So it needs neither its page about an error,
which brings a formatter of tracebacks with it, nor ujson, in place of which it also takes ``json``.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

_ERROR_PAGE = "sanic.pages.error"
_UJSON = "ujson"


def import_sanic() -> None:
    """Import Sanic, unless it is imported already. Others can import what was left out afterwards."""
    if "sanic" in sys.modules:
        return
    page = ModuleType(_ERROR_PAGE)
    page.ErrorPage = _error_page  # type: ignore[attr-defined]
    sys.modules[_ERROR_PAGE] = page
    known = sys.modules.get(_UJSON)
    # None makes an import fail (https://docs.python.org/3/reference/import.html#the-module-cache).
    sys.modules[_UJSON] = known  # type: ignore[assignment]
    try:
        importlib.import_module("sanic")
    finally:
        del sys.modules[_ERROR_PAGE]
        if known is None:
            del sys.modules[_UJSON]


def _error_page(*args: Any, **options: Any) -> Any:
    """Sanic's page about an error, imported when another application in this process wants it."""
    return importlib.import_module(_ERROR_PAGE).ErrorPage(*args, **options)
