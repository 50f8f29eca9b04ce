"""The prompt of `kuberedis cli`: what it offers while a line is typed, which lines it keeps, and how messages of streams look."""

from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from kuberedis_cli.connect.completion import CommandCompleter, syntax
from kuberedis_cli.connect.history import is_kept, open_history
from kuberedis_cli.connect.pushed import pushed
from kuberedis_dashboard.redis.command_docs import CommandHelp
from kuberedis_dashboard.redis.replies import Reply

KEY = "k" * 43
DOCS = tuple(
    CommandHelp(name=name, arguments=arguments, summary="", group="", since="")
    for name, arguments in (("CONFIG GET", "parameter"), ("CONFIG SET", "parameter value"), ("GET", "key"), ("GETEX", "key [EX seconds]"))
)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", []),
        ("get", ["get", "getex"]),
        ("GETE", ["GETEX"]),
        ("GET key", []),
        ("config s", ["config set"]),
        ("help ge", ["get", "getex"]),
        ("x", []),
    ],
)
def test_names_of_commands_are_completed(typed: str, offered: list[str]) -> None:
    found = CommandCompleter(lambda: DOCS).get_completions(Document(typed), CompleteEvent())
    assert [completion.text for completion in found] == offered


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("getex user:1", "GETEX key [EX seconds]"), ("CONFIG SET x y", "CONFIG SET parameter value"), ("help get", "GET key"), ("no", "")],
)
def test_the_syntax_of_the_command_is_shown(typed: str, shown: str) -> None:
    assert syntax(DOCS, typed) == shown


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("GET a", True),
        ("get authority", True),
        ("auth secret", False),
        ("AUTH", False),
        ("ACL  SETUSER x >secret", False),
        ("acl list", True),
        ("config set requirepass x", False),
        (" GET a", False),
        (f"ECHO {KEY}", False),
    ],
)
def test_lines_with_secrets_are_not_kept(line: str, kept: bool) -> None:
    assert is_kept(line, KEY) is kept


def test_history_that_grew_too_long_loses_its_older_half(tmp_path: Path) -> None:
    path = tmp_path / "history"
    entry = "\n# 2026-01-01 00:00:00\n+GET {}\n"
    path.write_text("".join(entry.format(number) for number in range(40_000)))
    lines = list(open_history(path, KEY).load_history_strings())
    assert path.stat().st_size < 1024 * 1024
    assert (lines[0], lines[-1]) == ("GET 39999", f"GET {40_000 - len(lines)}")


def test_history_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "history").symlink_to(tmp_path / "target")
    open_history(tmp_path / "history", KEY).append_string("GET a")
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    ("data", "kind", "names", "reply"),
    [
        (b"subscribe,a,b,1", "subscribe", [b"a,b"], [b"subscribe", b"a,b", 1]),
        (b"message,a,b,x,y", "subscribe", [b"a", b"a,b"], [b"message", b"a", b"b,x,y"]),
        (b"message,news,", "subscribe", [b"news"], [b"message", b"news", b""]),
        (b"pmessage,n*,news,hi, all", "psubscribe", [b"n*"], [b"pmessage", b"n*", b"news", b"hi, all"]),
        (b'"1795829600.1 [0 unix] GET a"', "monitor", [], b"1795829600.1 [0 unix] GET a"),
    ],
)
def test_messages_of_streams(data: bytes, kind: str, names: list[bytes], reply: Reply) -> None:
    assert pushed(data, kind, names) == reply
