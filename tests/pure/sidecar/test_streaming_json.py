"""Large replies in pieces: nothing is lost where one piece ends and the next begins."""

import json
from base64 import b64decode

import pytest

from kuberedis_sidecar.api import streaming_json

_PIECE = 48 * 1024


@pytest.mark.parametrize("offset", [-3, -2, -1, 0, 1])
@pytest.mark.parametrize("character", ["é", "€", "😀", '"', "\\", "\x01"])
def test_character_at_the_end_of_a_piece_stays_whole(character: str, offset: int) -> None:
    text = "x" * (_PIECE + offset) + character + "y"
    assert json.loads(b"".join(streaming_json.text(text.encode()))) == text


@pytest.mark.parametrize("reply", [b"\xff" * 10, b"x" * (_PIECE - 1) + b"\xf0\x9f", b""])
def test_invalid_utf8_is_replaced_as_in_one_go(reply: bytes) -> None:
    assert json.loads(b"".join(streaming_json.text(reply))) == reply.decode(errors="replace")


@pytest.mark.parametrize("size", [0, 1, 2, _PIECE - 1, _PIECE, _PIECE + 1, 3 * _PIECE + 2])
def test_base64_is_padded_at_the_end_only(size: int) -> None:
    reply = bytes(index % 251 for index in range(size))
    encoded = json.loads(b"".join(streaming_json.base64(reply)))
    assert b64decode(encoded, validate=True) == reply
    assert b"".join(streaming_json.raw(reply)) == reply


def test_buffered_pieces_are_complete_and_neither_small_nor_much_work() -> None:
    large = b"ab" * _PIECE
    for parts, pieces in (([b"ab"] * 4, 1), ([b"ab"] * 64, 4), ([large] * 3, 3), ([b"a", b"", b"b"], 2), ([], 0)):
        buffered = list(streaming_json.buffered(iter(parts)))
        assert b"".join(buffered) == b"".join(parts)
        assert len(buffered) == pieces


@pytest.mark.parametrize(
    ("reply", "large"),
    [
        (b"x" * (1024 * 1024), False),
        (b"x" * (1024 * 1024 + 1), True),
        ([1] * 16_000, False),
        ([1] * 17_000, True),
        ([[[1] * 100] * 100] * 100, True),
        ([b"x" * 100_000] * 11, True),
        ([[b"x" * (1024 * 1024 + 1)]], True),
        (None, False),
        (1, False),
    ],
)
def test_large_replies_are_recognised(reply: object, large: bool) -> None:
    assert streaming_json.is_large(reply) is large  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ([b"a", b"b"], True),
        ([b"a", 1], False),
        ([b"a", None], False),
        ([], False),
        ([b"x" * (1024 * 1024 + 1)], False),
        ([b"x" * 1024] * 1025, False),
    ],
)
def test_small_strings_are_recognised(replies: list[bytes], expected: bool) -> None:
    assert streaming_json.are_small_strings(replies) is expected
