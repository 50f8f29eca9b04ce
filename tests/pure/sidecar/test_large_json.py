"""Large JSON bodies: how many values they have, and what memory they take, before they are parsed."""

import pytest

from kuberedis_sidecar.api import large_json
from kuberedis_sidecar.api.large_json import MAX_VALUES, MEMORY_FACTOR, check, most_values
from kuberedis_sidecar.errors import BodyTooLarge

STRING = b'"' + b'a,[{\\"\\\\' * 30_000 + b'"'


def memory(body: bytes) -> int:
    """Bytes of memory for a body and what is made of it."""
    return large_json.memory(body, most_values(body))


def is_refused(body: bytes) -> bool:
    """Whether a body has too many values."""
    try:
        list(check(body))
    except BodyTooLarge:
        return True
    return False


BODIES = {
    "as many values as may be": (b"[" + b"1," * (MAX_VALUES - 2) + b"1]", False),
    "too many numbers": (b"[" + b"1," * MAX_VALUES + b"1]", True),
    "too many arrays": (b"[" + b"[]," * MAX_VALUES + b"1]", True),
    "too many objects": (b"[" + b'{"a":1},' * MAX_VALUES + b"1]", True),
    "too deep": (b"[" * (MAX_VALUES + 1), True),
    "a string": (b"[" + STRING + b"]", False),
    "a string and too many numbers": (b"[" + STRING + b",1" * MAX_VALUES + b"]", True),
    "many numbers and a string": (b"[" + b",1" * (MAX_VALUES - 10) + b"," + STRING + b"]", False),
    "strings without a comma": (b'[""' + b'""' * 3 * MAX_VALUES + STRING * 2 + b"]", True),
    "a string without its end": (STRING[:-1], False),
    "a backslash at the end": (STRING[:-1] + b"\\", False),
    "an escaped quote": (b'"' + b"\\" * 9_999_999 + b'"' + b",[" * MAX_VALUES, False),
}


@pytest.mark.parametrize(("body", "refused"), BODIES.values(), ids=BODIES.keys())
def test_values_are_counted_outside_of_strings(body: bytes, refused: bool) -> None:
    assert is_refused(body) is refused


def test_counting_lets_others_have_a_turn() -> None:
    assert len(list(check(b'["\\n' + b"a,[" * 4_000_000 + b'"]'))) > 2


def test_a_few_strings_without_escapes_are_not_searched_for_values() -> None:
    string = b'"' + b"a,[{" * 30_000 + b'"'
    assert memory(b'{"value":%b}' % string) == MEMORY_FACTOR * (len(string) + 10)
    assert memory(b"[%b]" % b",".join([string] * 17)) > 17 * MEMORY_FACTOR * len(string) + MAX_VALUES
    assert list(check(b"[" + string + b",1" * (MAX_VALUES - 10) + b"]")) == []


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("a" * 10, MEMORY_FACTOR),
        ("é" * 10, MEMORY_FACTOR),
        ("\\n" * 10, MEMORY_FACTOR),
        ("\\u00e9", MEMORY_FACTOR),
        ("aaaaaĀ", 5),
        ("\\u0100", 5),
        ("漢字", 5),
        ("aaaaa😀", 8),
        ("\\ud83d\\ude00", 8),
        ("\\uD83D", 8),
    ],
)
def test_memory_follows_the_widest_character(text: str, factor: int) -> None:
    body = f'["{text}"]'.encode()
    assert memory(body) == factor * len(body)


def test_memory_counts_many_values_once_each_and_only_to_the_limit() -> None:
    few, many, more = (memory(b"[" + b"1," * count + b"1]") - MEMORY_FACTOR * (2 * count + 3) for count in (100, 10_000, 1_000_000))
    assert few == 0
    assert 1_000_000 < many < more < 20_000_000


def test_small_bodies_are_not_looked_at() -> None:
    assert large_json.LARGE_BYTES < MAX_VALUES
