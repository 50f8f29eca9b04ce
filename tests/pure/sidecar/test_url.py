"""Request targets: percent-decoding, parameters of a query, and the token in it."""

import pytest

from kuberedis_sidecar.api.url import decode, parameters, token
from kuberedis_sidecar.errors import BadURL


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        (b"", b""),
        (b"plain", b"plain"),
        (b"a+b", b"a+b"),
        (b"a%20b", b"a b"),
        (b"%2F%2f%25", b"//%"),
        (b"%00%FF", b"\x00\xff"),
        (b"%25%32%46", b"%2F"),
        (b"\xc3\xa9", b"\xc3\xa9"),
    ],
)
def test_segment_is_decoded_once(segment: bytes, expected: bytes) -> None:
    assert decode(segment) == expected


@pytest.mark.parametrize("segment", [b"%", b"%2", b"%zz", b"a%2", b"%%20", b"%2g", b"%\xd9\xa3\xd9\xa3"])
def test_malformed_escape_is_refused(segment: bytes) -> None:
    with pytest.raises(BadURL, match="%25"):
        decode(segment)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"", []),
        (b"&&", []),
        (b"a", [(b"a", None)]),
        (b"a=", [(b"a", b"")]),
        (b"a=1&b&a=2", [(b"a", b"1"), (b"b", None), (b"a", b"2")]),
        (b"a=b=c", [(b"a", b"b=c")]),
        (b"%61=%26", [(b"a", b"&")]),
        (b"=v", [(b"", b"v")]),
    ],
)
def test_parameters_keep_their_order(query: bytes, expected: list[tuple[bytes, bytes | None]]) -> None:
    assert parameters(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"", None),
        (b"_token", None),
        (b"token=a", None),
        (b"_token=", b""),
        (b"_token=a", b"a"),
        (b"x=1&_token=a&_token=b%2B", b"b+"),
        (b"my_token=a", None),
    ],
)
def test_last_token_of_a_query_counts(query: bytes, expected: bytes | None) -> None:
    assert token(query) == expected
