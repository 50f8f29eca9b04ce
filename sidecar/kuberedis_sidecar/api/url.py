"""The parts of request targets (RFC 3986), as bytes."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from kuberedis_sidecar.errors import BadURL

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def decode(segment: bytes) -> bytes:
    """Percent-decode; a plus sign stays one.

    Raises:
        BadURL: An escape is malformed.
    """
    if b"%" not in segment:
        return segment
    if _BAD_ESCAPE.search(segment):
        raise BadURL("the URL has a '%' that is not followed by two hexadecimal digits; write a percent sign as %25")
    return unquote_to_bytes(segment)


def parameters(query: bytes) -> list[tuple[bytes, bytes | None]]:
    """The parameters of a query, in order; a name without '=' has no value.

    Raises:
        BadURL: An escape is malformed.
    """
    pairs: list[tuple[bytes, bytes | None]] = []
    for part in query.split(b"&"):
        if part:
            name, equals, value = part.partition(b"=")
            pairs.append((decode(name), decode(value) if equals else None))
    return pairs


def token(query: bytes) -> bytes | None:
    """The credential of a query string: the last ``_token``.

    Raises:
        BadURL: An escape is malformed.
    """
    if b"_token=" not in query:
        return None
    values = [value for name, value in parameters(query) if name == b"_token" and value is not None]
    return values[-1] if values else None
