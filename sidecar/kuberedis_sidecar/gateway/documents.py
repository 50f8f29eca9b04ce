"""The OpenAPI document of an instance and its page, made when they are first requested."""

from __future__ import annotations

from functools import cached_property

import orjson

from kuberedis_core.version import VERSION
from kuberedis_sidecar.api.model import Response

# The page contains its styles and loads nothing.
_PAGE_HEADERS = (("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),)


class Documents:
    """The documents of one instance.

    Args:
        instance: Name of the instance.
        base_path: Path that all of its routes are below.
    """

    def __init__(self, instance: str, base_path: str) -> None:
        self._instance = instance
        self._base_path = base_path

    @property
    def links(self) -> dict[str, str]:
        """Where the documents are, by what they are."""
        return {"docs": f"{self._base_path}/docs", "openapi": f"{self._base_path}/openapi.json"}

    def document(self) -> Response:
        """The OpenAPI document, as JSON."""
        return Response(200, self._json)

    def page(self) -> Response:
        """The OpenAPI document, as an HTML page."""
        return Response(200, self._html, "text/html; charset=utf-8", _PAGE_HEADERS)

    # The packages are imported when they are needed, which is rare, because an idle sidecar should be small.

    @cached_property
    def _document(self) -> dict[str, object]:
        from kuberedis_sidecar.openapi import document

        return document(self._instance, self._base_path, VERSION)

    @cached_property
    def _json(self) -> bytes:
        return orjson.dumps(self._document)

    @cached_property
    def _html(self) -> bytes:
        from kuberedis_sidecar.openapi.docs_page import page

        return page(self._document).encode()
