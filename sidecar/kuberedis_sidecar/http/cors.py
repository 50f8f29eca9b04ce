"""Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol), off unless origins are set."""

from __future__ import annotations

import re

from kuberedis_core.web_origins import origin_allowed
from kuberedis_sidecar.api.model import Response

_ORIGIN = re.compile(rb"\r\n[Oo]rigin:[ \t]*([!-~]{1,300})[ \t]*\r\n")
_EXPOSED = "Retry-After, Upstash-Sync-Token, X-Request-Id"


def headers(origin: str, origins: frozenset[str]) -> dict[str, str]:
    """The header fields that allow a page of `origin` to read a response; none when CORS is off."""
    if not origins:
        return {}
    if not origin_allowed(origin, origins):
        return {"Vary": "Origin"}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _EXPOSED, "Vary": "Origin"}


def origin_in(head: bytes) -> str:
    """The value of Origin in a head that is incomplete or malformed; empty if there is none."""
    found = _ORIGIN.search(head)
    return found[1].decode() if found else ""


def preflight(requested_headers: str) -> Response:
    """The response to a preflight request from an allowed origin, without `headers`.

    Args:
        requested_headers: Value of ``Access-Control-Request-Headers``.
    """
    fields = (
        ("Access-Control-Allow-Methods", "DELETE, GET, HEAD, POST, PUT"),
        ("Access-Control-Allow-Headers", requested_headers or "Authorization, Content-Type"),
        ("Access-Control-Max-Age", "86400"),
    )
    return Response(204, b"", headers=fields)
