"""What the data page and the console make of forms, and of what Redis holds."""

from base64 import b64encode
from typing import Any

import pytest

from kuberedis_dashboard.redis import edits
from kuberedis_dashboard.redis.console import Line, read_line
from kuberedis_dashboard.redis.edits import Edit, digest
from kuberedis_dashboard.redis.form_edits import create, edit_of
from kuberedis_dashboard.redis.keyspace import Filter, KeyRow, Prefixes, Progress
from kuberedis_dashboard.redis.stored import Element, Stored, Text
from kuberedis_dashboard.views.console import LONGEST_OUTPUT, output
from kuberedis_dashboard.views.instance_path import base_path
from kuberedis_dashboard.views.key_list import expires, key_list, length
from kuberedis_dashboard.views.key_view import key_view

KEY, NAME = b"k\xff", b"n\x00"
FIELD = b64encode(NAME).decode()
SEEN = digest(b"v")
UNIQUE = b"unique"


@pytest.mark.parametrize(
    ("change", "fields", "edit"),
    [
        ("set_string", {"seen": SEEN, "value": "a\r\nb"}, edits.set_string(KEY, SEEN, b"a\nb")),
        ("set_string", {"seen": SEEN, "value": "ff 00\r\n1A", "encoding": "hex"}, edits.set_string(KEY, SEEN, b"\xff\0\x1a")),
        ("make_string", {}, edits.set_string(KEY, edits.NOTHING, b"")),
        ("set_field", {"name": FIELD, "seen": SEEN, "value": "é"}, edits.set_field(KEY, NAME, SEEN, "é".encode())),
        ("add_field", {"new_name": "f", "value": "v"}, edits.set_field(KEY, b"f", edits.NOTHING, b"v")),
        ("set_item", {"name": "Nw==", "seen": SEEN, "value": "v"}, edits.set_item(KEY, 7, SEEN, b"v")),
        ("append", {"value": "v"}, edits.append(KEY, b"v")),
        ("add_member", {"value": "v"}, edits.add_member(KEY, b"v")),
        ("add_score", {"value": "v", "score": " 1.5e3 "}, edits.add_score(KEY, b"v", "1.5e3")),
        ("set_score", {"name": FIELD, "seen": SEEN, "score": "-inf"}, edits.set_score(KEY, NAME, SEEN, "-inf")),
        ("remove_field", {"name": FIELD, "seen": SEEN}, edits.remove_field(KEY, NAME, SEEN)),
        ("remove_item", {"name": "MA==", "seen": SEEN}, edits.remove_item(KEY, 0, SEEN, UNIQUE)),
        ("remove_zset", {"name": FIELD}, edits.remove_member(KEY, "zset", NAME)),
        ("expire", {"seconds": "60"}, edits.expire(KEY, 60)),
        ("persist", {}, edits.expire(KEY, None)),
        ("delete", {}, edits.delete(KEY)),
    ],
)
def test_form_becomes_a_change(change: str, fields: dict[str, str], edit: Edit) -> None:
    assert edit_of(change, KEY, fields, UNIQUE) == edit


@pytest.mark.parametrize(
    ("change", "fields", "words"),
    [
        ("drop", {}, "no such change"),
        ("set_string", {"seen": "x"}, "was changed"),
        ("set_string", {"seen": SEEN, "value": "f", "encoding": "hex"}, "hexadecimal"),
        ("set_field", {"name": "not base64"}, "was changed"),
        ("add_field", {}, "name of the field"),
        ("set_item", {"name": FIELD, "seen": SEEN}, "no number"),
        ("add_score", {"score": "nan"}, "a score is a number"),
        ("add_score", {"score": "٣"}, "a score is a number"),
        ("expire", {"seconds": "0"}, "whole number of seconds"),
        ("expire", {"seconds": "9" * 11}, "whole number of seconds"),
    ],
)
def test_form_that_no_page_sends_is_refused_with_what_to_write(change: str, fields: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        edit_of(change, KEY, fields, UNIQUE)


@pytest.mark.parametrize(("kind", "edit"), [("string", edits.set_string(KEY, "", b"v")), ("list", edits.append(KEY, b"v"))])
def test_new_key_has_a_type(kind: str, edit: Edit) -> None:
    assert create(KEY, kind, {"value": "v"}) == edit


@pytest.mark.parametrize(
    ("key", "kind", "words"), [(b"", "string", "has a name"), (KEY, "stream", "choose a type"), (KEY, "", "choose a type")]
)
def test_new_key_without_a_name_or_a_type_is_refused(key: bytes, kind: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        create(key, kind, {"value": "v"})


@pytest.mark.parametrize(("milliseconds", "text"), [(-1, "never"), (0, "now"), (999, "now"), (1000, "in 1 s"), (86_400_000, "in 1 d")])
def test_time_to_live_in_words(milliseconds: int, text: str) -> None:
    assert expires(milliseconds) == text


@pytest.mark.parametrize(
    ("kind", "number", "text"), [("hash", 1, "1 field"), ("stream", 2, "2 entries"), ("string", 1234, "1,234 bytes"), ("other", 1, "")]
)
def test_length_in_words(kind: str, number: int, text: str) -> None:
    assert length(kind, number) == text


def row(name: bytes, name_length: int = 0) -> KeyRow:
    return KeyRow(name=name, name_length=name_length or len(name), type="string", expires_in_ms=-1, memory=56, length=1)


@pytest.mark.parametrize(
    ("keys", "cursor", "looked_at", "total", "text"),
    [
        (Filter(), "0", 100, 2, "All of 2 keys were looked at."),
        (Filter(type="hash"), "0", 5000, 900, "All of 900 keys were looked at; 2 on this page match."),
        (Filter(), "7", 100, 1000, "About 100 of 1,000 keys (10%) were looked at; 2 on this page."),
        (Filter(pattern=b"x"), "7", 5000, 1000, "About 1,000 of 1,000 keys (100%) were looked at; 2 on this page match."),
        (Filter(), "7", 100, 0, "About 0 of 0 keys (0%) were looked at; 2 on this page."),
    ],
)
def test_progress_in_words(keys: Filter, cursor: str, looked_at: int, total: int, text: str) -> None:
    progress = Progress(cursor, looked_at, {name: row(name) for name in (b"b", b"a")})
    assert key_list(keys, progress, total, None).progress == text


def test_list_says_which_keys_cannot_be_opened_and_where_it_is() -> None:
    progress = Progress("9", 100, {b"b": row(b"b"), b"a" * 300: row(b"a" * 300, 70_000), b"\xff": row(b"\xff")})
    found = Prefixes(b"a:b:", "4", 5000, 10, {b"a:b:c:": 3})
    shown = key_list(Filter(prefix=b"a:b:"), progress, 90_000, found)
    assert [(line.label, line.field) for line in shown.lines] == [("a" * 200 + "… (68.4Ki long)", ""), ("b", "Yg=="), (r"\xff", "/w==")]
    assert [parent.label for parent in shown.parents] == ["a:"]
    assert [(each.label, each.keys) for each in shown.prefixes] == [("a:b:c:", "3")]
    assert shown.prefix_note == "Counted among about 5,000 of 90,000 keys."
    assert (shown.cursor, shown.is_empty) == ("9", False)


def stored(kind: str, *elements: Element, text: Text | None = None, count: int = 1) -> Stored:
    members: dict[str, Any] = {"expires_in_ms": 90_000, "memory": 100, "encoding": "raw", "cursor": "0", "next_cursor": "0"}
    return Stored(type=kind, length=count, text=text, elements=elements, **members)


def whole(value: bytes) -> Text:
    return Text(len(value), value)


def test_string_can_be_edited_if_it_is_whole() -> None:
    value = key_view(KEY, stored("string", text=whole(b"v")), "").value
    assert value is not None
    assert (value.edit_form, value.edit_text, value.seen, value.note) == ("text", "v", SEEN, "")
    part = key_view(KEY, stored("string", text=Text(5000, b"v")), "hex").value
    assert part is not None
    assert (part.form, part.edit_form, part.seen, part.note) == ("hex", "", "", "The first 1 B of 4.9Ki.")


@pytest.mark.parametrize(
    ("kind", "element", "expected"),
    [
        ("hash", Element(whole(b"v"), whole(b"f")), ("f", "Zg==", "v", "", SEEN, False)),
        ("hash", Element(whole(b'{"a":1}'), whole(b"f")), ("f", "Zg==", '{"a":1}', "", digest(b'{"a":1}'), True)),
        ("hash", Element(Text(9, b"v"), Text(9, b"f")), ("f… (9 B long)", "", "v", "The beginning of 9 B.", "", False)),
        ("list", Element(whole(b"x" * 600), whole(b"3")), ("3", "Mw==", "x" * 500, "The beginning of 600 B.", digest(b"x" * 600), True)),
        ("set", Element(whole(b"\xff")), ("", "/w==", r"\xff", "", digest(b"\xff"), False)),
        ("zset", Element(whole(b"m"), score="1.5"), ("", "bQ==", "m", "", digest(b"1.5"), False)),
    ],
)
def test_element_is_found_compared_and_opened(kind: str, element: Element, expected: tuple[object, ...]) -> None:
    (line,) = key_view(KEY, stored(kind, element), "").elements
    assert (line.label, line.name, line.shown, line.note, line.seen, line.can_be_opened) == expected


def test_elements_that_are_not_read_are_too_large() -> None:
    assert key_view(KEY, stored("list"), "").is_too_large
    assert not key_view(KEY, stored("list", count=0), "").is_too_large


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("GET k", Line(command=[b"GET", b"k"])),
        ("help  get", Line(help="GET")),
        ("FLUSHALL", Line(command=[b"FLUSHALL"], loss="every key of this instance")),
    ],
)
def test_line_is_a_command_or_a_question(text: str, line: Line) -> None:
    assert read_line(text) == line


@pytest.mark.parametrize("text", ["", "  ", "help", "quit"])
def test_line_without_a_command_says_what_to_write(text: str) -> None:
    assert read_line(text).note
    assert not read_line(text).command


def test_output_is_cut_and_echoes_what_can_be_shown() -> None:
    shown = output("ECHO \x1b\u202e" + "x" * 3000, "y" * (LONGEST_OUTPUT + 1))
    assert shown.echo.startswith(r"ECHO \x1b\u202exx")
    assert len(shown.echo) < 2100
    assert (len(shown.text), shown.note) == (LONGEST_OUTPUT, "Cut: the reply has 262,145 characters.")


@pytest.mark.parametrize(
    ("status", "path"),
    [
        ({}, "/instances/c"),
        ({"url": "https://h.example/redis/team/c"}, "/redis/team/c"),
        ({"url": "https://evil.example/a?b"}, "/a"),
        ({"url": "http://[/x"}, "/instances/c"),
        ({"url": "https://h.example/%2e%2e/x"}, "/instances/c"),
        ({"url": "https://h.example/"}, "/instances/c"),
        ({"url": 7}, "/instances/c"),
        (None, "/instances/c"),
        ("text", "/instances/c"),
    ],
)
def test_path_of_an_instance_comes_from_its_url_and_nothing_else_does(status: object, path: str) -> None:
    assert base_path({"metadata": {"name": "c"}, "status": status}) == path
