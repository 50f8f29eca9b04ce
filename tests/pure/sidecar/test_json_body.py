"""JSON bodies: numbers keep their text, and what is not JSON is refused."""

import pytest

from kuberedis_sidecar.api.json_body import Integer, Number, as_utf8, parse, parse_text, plain_value
from kuberedis_sidecar.errors import BodyTooLarge

_HALF = r"\ud800"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"a": "b"}', {"a": "b"}),
        (b"{}", {}),
        (b"[]", []),
        (b' "text" ', "text"),
        (b'["\\u00e9", "\xc3\xa9"]', ["é", "é"]),
        (b'{"a": [true, false, null]}', {"a": [True, False, None]}),
        (b'{"a": "1", "a": "2"}', {"a": "2"}),
        (b'"\\ud800"', "\ud800"),
        (b'\xef\xbb\xbf{"a": "b"}', {"a": "b"}),
        (b'\xef\xbb\xbf["a"]', ["a"]),
        ('"\ufeff"'.encode(), "\ufeff"),
    ],
)
def test_value_is_read(body: bytes, expected: object) -> None:
    assert parse(body) == expected


@pytest.mark.parametrize(
    ("literal", "kind"),
    [
        ("0", Integer),
        ("-1", Integer),
        ("123456789012345678901234567890", Integer),
        ("1.50", Number),
        ("1e2", Number),
        ("-0.0", Number),
        ("1E400", Number),
    ],
)
@pytest.mark.parametrize("template", ["%s", "[%s]", '{"a": %s}'])
def test_number_keeps_its_literal(literal: str, kind: type, template: str) -> None:
    value = parse((template % literal).encode())
    number = value if isinstance(value, str) else value[0] if isinstance(value, list) else value["a"]
    assert number == literal
    assert type(number) is kind


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nul",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"{} x",
        b"'a'",
        b"\xff",
        b'"\xff"',
        b"[1,]",
        b"01",
        b"[" * 100_000,
        b"\xef\xbb\xbf" * 2 + b"[]",
    ],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 the text is that of the parser
        parse(body)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", b""),
        ("é\U0001f600", "é\U0001f600".encode()),
        ("\ud800", b"\xef\xbf\xbd"),
        ("a\udfffé\ud800\ufffd\ud7ff", "a\ufffdé\ufffd\ufffd\ud7ff".encode()),
        ("\udc00\ud800" * 500, "\ufffd".encode() * 1000),
    ],
)
def test_half_of_a_surrogate_pair_becomes_the_replacement_character(text: str, expected: bytes) -> None:
    sent = as_utf8(text)
    assert (sent if isinstance(sent, bytes) else sent.encode()) == expected


@pytest.mark.parametrize(
    "body", [f'"{_HALF * 1001}"', '["' + '","'.join([_HALF] * 1001) + '"]', '[{"' + _HALF + '": ["' + _HALF * 1000 + '"]}]']
)
def test_large_body_with_many_halves_of_surrogate_pairs_is_refused(body: str) -> None:
    assert parse_text(body.replace(_HALF, r"\ud83d\ude00")).is_json
    assert parse_text(body.replace(_HALF, _HALF[1:])).is_json
    assert parse_text(body.replace(_HALF, "", 1)).is_json
    with pytest.raises(BodyTooLarge, match="Limit: 1000"):
        parse_text(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"value":"abc"}', b"abc"),
        (b'{"value": "abc"}', b"abc"),
        (b'{"value":""}', b""),
        ('{"value":"é😀\x7f"}'.encode(), "é😀\x7f".encode()),
        (b'{"value":"a\\"}', None),
        (b'{"value":"a\n"}', None),
        (b'{"value":"\x00"}', None),
        (b'{"value":"\x1f"}', None),
        (b'{"value":"\xff"}', None),
        (b'{"value":"\xed\xa0\x80"}', None),
        (b'{"value":"a","b":"c"}', None),
        (b'{"value":"}', None),
        (b'{"value":"a"} ', None),
        (b'{"value":1"}', None),
        (b'{"other":"abc"}', None),
        (b'["value","abc"]', None),
        (b"", None),
    ],
)
def test_only_value_is_read_where_it_is_plain(body: bytes, expected: bytes | None) -> None:
    assert plain_value(body) == expected
