"""Values and keys as a page shows them, whatever their bytes are."""

import hashlib

import pytest

from kuberedis_dashboard.redis import edits, stored
from kuberedis_dashboard.redis.keyspace import KEYS_OF_A_PAGE, Filter, Prefixes, Progress, check_cursor, escape_glob
from kuberedis_dashboard.redis.presentation import as_hex, editable, edited, present
from kuberedis_dashboard.redis.readable import readable
from kuberedis_dashboard.redis.replies import Reply
from kuberedis_dashboard.redis.stored import Text


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"plain <script>", "plain <script>"),
        ("naïve 日本\u3000x \U0001f468\u200d\U0001f469".encode(), "naïve 日本\u3000x \U0001f468\u200d\U0001f469"),
        (b"\x1b[2J\r\n\x00\x7f", r"\x1b[2J\r\n\x00\x7f"),
        ("a\u202eb\u2066c\u200bd\ufeff\u2028".encode(), r"a\u202eb\u2066c\u200bd\ufeff\u2028"),
        (b"\xff\xfe", r"\xff\xfe"),
        ("\ue000\U000e0001".encode(), r"\ue000\U000e0001"),
    ],
)
def test_what_does_not_show_is_escaped(data: bytes, shown: str) -> None:
    assert readable(data) == shown


def whole(value: bytes) -> Text:
    return Text(len(value), value)


@pytest.mark.parametrize(
    ("value", "wanted", "form", "shown"),
    [
        (whole(b"a\n\tb"), "", "text", "a\n\tb"),
        (whole(b'{"b": 1, "a": [1.5, "\xc3\xa9"]}'), "", "json", '{\n  "b": 1,\n  "a": [\n    1.5,\n    "é"\n  ]\n}'),
        (whole(b'{"b": 1}'), "text", "text", '{"b": 1}'),
        (whole(b'{"b": 1}'), "hex", "hex", "00000000  7b 22 62 22 3a 20 31 7d" + " " * 27 + '|{"b": 1}|'),
        (whole(b"[1, "), "json", "text", "[1, "),
        (whole(b"12"), "json", "text", "12"),
        (whole(b"[" * 60000), "", "text", "[" * 60000),
        (whole(b"[" * 900 + b"0," * 20000 + b"0" + b"]" * 900), "", "text", "[" * 900 + "0," * 20000 + "0" + "]" * 900),
        (whole(b"\xff\n"), "", "hex", "00000000  ff 0a" + " " * 45 + "|..|"),
        (whole(b"a\0"), "", "hex", "00000000  61 00" + " " * 45 + "|a.|"),
        (whole(b"\xff"), "text", "text", r"\xff"),
        (Text(9, "é".encode()[:1]), "", "text", r"\xc3"),
        (Text(9, b'{"a":1}'), "", "text", '{"a":1}'),
    ],
)
def test_value_is_shown_in_the_form_that_suits_it(value: Text, wanted: str, form: str, shown: str) -> None:
    assert present(value, wanted) == (form, shown)


def test_hexadecimal_lines_have_sixteen_bytes() -> None:
    assert as_hex(bytes(range(48, 66))).splitlines() == [
        "00000000  30 31 32 33 34 35 36 37  38 39 3a 3b 3c 3d 3e 3f  |0123456789:;<=>?|",
        "00000010  40 41" + " " * 45 + "|@A|",
    ]


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("line\n\ttab é \u202e <b>".encode(), "text"),
        (b"", "text"),
        (b"\n", "text"),
        (b"a\r\nb", "hex"),
        (b"a\x00", "hex"),
        ("\x85".encode(), "hex"),
        (b"\xff", "hex"),
    ],
)
def test_what_is_edited_comes_back_as_the_same_bytes(value: bytes, form: str) -> None:
    field = editable(whole(value))
    assert field is not None
    assert field[0] == form
    assert edited(field[1].replace("\n", "\r\n"), field[0]) == value


def test_what_is_not_whole_cannot_be_edited() -> None:
    assert editable(Text(2, b"a")) is None


def test_bytes_that_are_not_hexadecimal_are_refused() -> None:
    with pytest.raises(ValueError, match="two hexadecimal digits"):
        edited("f", "hex")


@pytest.mark.parametrize(
    ("keys", "match", "everything"),
    [
        (Filter(), b"*", True),
        (Filter(type="hash"), b"*", False),
        (Filter(prefix=b"a*[b]:"), rb"a\*\[b\]:*", False),
        (Filter(prefix=b"a:", pattern=b"x?"), b"x?", False),
    ],
)
def test_filter_becomes_a_pattern(keys: Filter, match: bytes, everything: bool) -> None:
    assert (keys.match, keys.is_everything) == (match, everything)


def test_glob_of_any_bytes_has_no_special_character_left() -> None:
    assert escape_glob(b"?*[]^-\\\xff") == rb"\?\*\[\]\^\-\\" + b"\xff"


def row(name: bytes) -> Reply:
    return [name, len(name), b"string", -1, 56, 1]


def test_steps_grow_while_nothing_is_found() -> None:
    progress, steps = Progress(), []
    for _ in range(8):
        steps.append(progress.step)
        assert progress.add([b"7", []])
    assert steps == [100, 200, 400, 800, 1600, 3200, 5000, 5000]
    assert progress.looked_at == sum(steps)


def test_page_is_full_and_shows_each_key_once() -> None:
    progress = Progress()
    assert progress.add([b"7", [row(b"a"), row(b"a")]])
    assert list(progress.rows) == [b"a"]
    assert not progress.add([b"9", [row(b"%d" % number) for number in range(KEYS_OF_A_PAGE)]])
    assert progress.cursor == "9"


def test_walk_ends_at_the_cursor_zero() -> None:
    assert not Progress().add([b"0", []])


def test_prefixes_add_up() -> None:
    found = Prefixes(b"")
    assert found.add([b"5", 10, [b"a:", 3, b"b:", 1]])
    assert not found.add([b"0", 4, [b"b:", 4, b"c:", 1]])
    assert (found.matched, found.largest(2)) == (14, [(b"a:", 3), (b"b:", 5)])


@pytest.mark.parametrize("reply", [None, 1, [b"0"], [b"x", []], [b"0", [[b"n", 1]]], [b"-1", []]])
def test_answer_of_another_form_is_refused(reply: Reply) -> None:
    with pytest.raises(ValueError, match=r"answer|cursor"):
        Progress().add(reply)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "٣", "9" * 21])
def test_cursor_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        check_cursor(text)


HEAD = [b"hash", -1, 100, b"listpack"]


def test_pages_of_each_type() -> None:
    def read(kind: bytes, *elements: Reply, cursor: str = "0") -> stored.Stored:
        return stored.read([[kind, 5, 100, b"raw"], 7, b"3", list(elements)], cursor)

    string = read(b"string", [7, b"val"])
    assert (string.text, string.elements, string.next_cursor) == (Text(7, b"val"), (), "3")
    assert read(b"hash", [1, b"f"], [1, b"v"]).elements == (stored.Element(Text(1, b"v"), Text(1, b"f")),)
    assert read(b"zset", [1, b"m"], [3, b"1.5"]).elements == (stored.Element(Text(1, b"m"), score="1.5"),)
    assert [each.name for each in read(b"list", [1, b"a"], [1, b"b"], cursor="50").elements] == [whole(b"50"), whole(b"51")]
    assert read(b"set", [1, b"m"]).elements == (stored.Element(Text(1, b"m")),)
    (entry,) = read(b"stream", [b"1-0", 1, [[1, b"f"], [1, b"v"]]]).elements
    assert (entry.name, entry.fields, entry.field_count) == (whole(b"1-0"), (whole(b"f"), whole(b"v")), 1)
    assert read(b"ReJSON-RL").elements == ()


@pytest.mark.parametrize("cursor", ["", "-", "1-", "(1", "1-2-3", "x"])
def test_page_of_another_form_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="page"):
        stored.read_command(b"k", cursor)


def test_digest_is_what_the_scripts_compute() -> None:
    assert edits.digest(b"v") == hashlib.sha1(b"v", usedforsecurity=False).hexdigest()
