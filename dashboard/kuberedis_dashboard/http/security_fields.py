"""The header fields that protect what a browser does with a response."""

from __future__ import annotations

from collections.abc import Mapping

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_OF_EVERYTHING: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_OF_DOCUMENTS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    # `no-referrer` would make browsers send `Origin: null` with the dashboard's own forms.
    "Referrer-Policy": "same-origin",
    **_OF_EVERYTHING,
}
_PARTS_OF_DOCUMENTS = ("text/css", "text/javascript")


def security_fields(content_type: str | None) -> Mapping[str, str]:
    """The fields of a response. Scripts and styles have no effect but in a document, whose fields hold for them; nosniff keeps them what
    they are.

    Args:
        content_type: value of its field Content-Type; None if it has none.
    """
    return _OF_EVERYTHING if (content_type or "").startswith(_PARTS_OF_DOCUMENTS) else _OF_DOCUMENTS


NO_STORE = "no-store"
"""`Cache-Control` of everything but assets: pages are one user's."""
