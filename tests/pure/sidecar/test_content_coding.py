"""Content codings of requests: which are decoded, and that no step makes much of little."""

import gzip
import zlib

import pytest

from kuberedis_sidecar.errors import BadBody, UnsupportedCoding
from kuberedis_sidecar.http.content_coding import decoder_for


def decoded(coding: str, *pieces: bytes) -> bytes:
    """What a body contains that arrives in these pieces."""
    decoder = decoder_for([coding])
    assert decoder is not None
    found = b"".join(part for piece in pieces for part in decoder.decode(piece))
    decoder.finish()
    return found


def gzipped(data: bytes) -> bytes:
    """`data` in gzip, the same at any time: these bytes name tests."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize("fields", [[], [""], ["identity"], ["identity, identity"], [" , "]])
def test_body_without_a_coding_is_not_decoded(fields: list[str]) -> None:
    assert decoder_for(fields) is None


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzipped(b"value")),
        ("x-gzip", gzipped(b"value")),
        (" GZip ", gzipped(b"value")),
        ("deflate", zlib.compress(b"value")),
        ("gzip", gzipped(b"va") + gzipped(b"lue")),
    ],
)
def test_body_is_decoded_in_any_pieces(coding: str, body: bytes) -> None:
    assert decoded(coding, body) == b"value"
    assert decoded(coding, *(body[index : index + 1] for index in range(len(body)))) == b"value"


@pytest.mark.parametrize("body", [b"", b"value", gzipped(b"value")[:-1], gzipped(b"value") + b"more", zlib.compress(b"value")])
def test_body_in_another_coding_or_cut_short_is_refused(body: bytes) -> None:
    with pytest.raises(BadBody, match="is not gzip, or is incomplete"):
        decoded("gzip", body)


@pytest.mark.parametrize("fields", [["br"], ["zstd"], ["gzip, gzip"], ["gzip", "deflate"], ["compress"]])
def test_other_codings_are_refused(fields: list[str]) -> None:
    with pytest.raises(UnsupportedCoding, match="send gzip, deflate, or no coding"):
        decoder_for(fields)


def test_a_bomb_is_unpacked_a_little_at_a_time() -> None:
    decoder = decoder_for(["gzip"])
    assert decoder is not None
    pieces = decoder.decode(gzip.compress(bytes(100_000_000), 1))
    assert all(len(next(pieces)) <= 256 * 1024 for _ in range(10))
