"""Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol), off unless origins are set."""

from __future__ import annotations

from kuberedis_sidecar.api.model import Response

_EXPOSED = "Retry-After, Upstash-Sync-Token, X-Request-Id"


def allowed(origin: str, origins: frozenset[str]) -> bool:
    """Whether pages of `origin` may call."""
    return bool(origin) and (origin in origins or "*" in origins)


def headers(origin: str, origins: frozenset[str]) -> dict[str, str]:
    """The fields that let a page of `origin` read an answer; none when it may not, or when no browser asks."""
    if not origins:
        return {}
    if not allowed(origin, origins):
        return {"Vary": "Origin"}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _EXPOSED, "Vary": "Origin"}


def preflight(wanted_headers: str) -> Response:
    """The answer to a preflight request from an origin that is allowed; `headers` come on top."""
    fields = (
        ("Access-Control-Allow-Methods", "DELETE, GET, HEAD, POST, PUT"),
        ("Access-Control-Allow-Headers", wanted_headers or "Authorization, Content-Type"),
        ("Access-Control-Max-Age", "86400"),
    )
    return Response(204, b"", headers=fields)
