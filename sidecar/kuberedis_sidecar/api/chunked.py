"""Chunked bodies of responses (RFC 9112, section 7.1)."""


def chunk(piece: bytes) -> bytes:
    """A chunk of a body; an empty one ends the body."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)
