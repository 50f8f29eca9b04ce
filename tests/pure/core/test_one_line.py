"""Texts of others in a message."""

import pytest

from kuberedis_core.one_line import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a b", "a b"),
        (" a\n\tb\r\n", "a b"),
        ("", ""),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("caf\u00e9 \U0001f600", "caf\u00e9 \U0001f600"),
        ("a\u200bb", "a\\u200bb"),
        ("a\ud800b", "a\\ud800b"),
    ],
)
def test_a_text_is_one_line_that_a_terminal_shows(text: str, line: str) -> None:
    assert one_line(text) == line
    assert line.isprintable()
