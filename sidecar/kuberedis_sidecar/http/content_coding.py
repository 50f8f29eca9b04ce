"""Decoding the content codings of requests (RFC 9110, section 8.4): gzip and deflate."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from kuberedis_sidecar.errors import BadBody, UnsupportedCoding

ACCEPTED = "gzip, deflate"

# Bytes that are decompressed at once: about a millisecond.
_AT_ONCE = 256 * 1024
_GZIP, _ZLIB = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}


class Decoder:
    """Decodes one body in pieces of bounded size.

    Args:
        coding: Name of the coding, for messages.
        window: Format and window, as of `zlib.decompressobj`.
    """

    def __init__(self, coding: str, window: int) -> None:
        self._coding = coding
        self._window = window
        self._decompress = zlib.decompressobj(window)

    def decode(self, data: bytes) -> Iterator[bytes]:
        """What the next bytes of a body contain.

        Raises:
            BadBody: They are not in the coding.
        """
        while data:
            if self._decompress.eof:
                # gzip allows several members one after the other (RFC 1952, section 2.2).
                self._decompress = zlib.decompressobj(self._window)
            try:
                piece = self._decompress.decompress(data, _AT_ONCE)
            except zlib.error:
                raise self._bad() from None
            data = self._decompress.unconsumed_tail or self._decompress.unused_data
            yield piece

    def finish(self) -> None:
        """Check that the body is complete.

        Raises:
            BadBody: It is not.
        """
        if not self._decompress.eof:
            raise self._bad()

    def _bad(self) -> BadBody:
        return BadBody(f"the body is not {self._coding}, or is incomplete; the header field Content-Encoding says that it is")


def decoder_for(fields: Sequence[str]) -> Decoder | None:
    """The decoder for a request; None if its body is not encoded.

    Args:
        fields: Values of the header field ``Content-Encoding``.

    Raises:
        UnsupportedCoding: It names another coding, or several.
    """
    codings = [coding for field in fields for part in field.split(",") if (coding := part.strip().lower()) not in ("", "identity")]
    if not codings:
        return None
    window = _WINDOWS.get(codings[0])
    if window is None or len(codings) > 1:
        raise UnsupportedCoding(f"the content coding {', '.join(codings)[:64]!r} is not decoded here; send gzip, deflate, or no coding")
    return Decoder(codings[0], window)
