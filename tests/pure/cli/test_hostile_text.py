"""Whatever others wrote into a token, an event, a message or a name: no command lets it act on the terminal."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any, get_args

import jwt
import pytest

from kuberedis_cli.cluster.status import report as status
from kuberedis_cli.cluster.status import view
from kuberedis_cli.local import events
from kuberedis_cli.local import report as local_report
from kuberedis_cli.local.reporter import reporter_for, status_table
from kuberedis_cli.local.status import MemberStatus, Status
from kuberedis_cli.output.choice import Output
from kuberedis_cli.output.console import Progress, console
from kuberedis_cli.output.lines import write_line
from kuberedis_cli.output.printable import printable
from kuberedis_cli.output.rows import Row, by_name, print_changes, print_json
from kuberedis_cli.output.rows_table import print_table
from kuberedis_cli.token import report as token_report
from kuberedis_core.credentials import Token

HOSTILE = "\x1b[2J\x1b]0;title\x07\r\nFAKE \u202e\u2066\x9b1m\x00\x08\x7f\u2028"
NOW = "2026-01-01T00:00:00Z"


def infected(value: Any) -> Any:
    """The same with `HOSTILE` at the end of every text, but of those that are times."""
    if isinstance(value, str):
        return value if value == NOW else value + HOSTILE
    if isinstance(value, Mapping):
        return {infected(name): infected(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(infected, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: infected(getattr(value, field.name)) for field in fields(value) if field.init})
    return value


def every_event() -> Iterator[events.Event]:
    """An event of each kind."""
    for kind in get_args(events.Event):
        values = {field.name: 1 if field.type in ("int", int, "float", float) else "text" for field in fields(kind) if field.init}
        yield kind(**values)


REPORT = status.Report(
    namespace="team",
    name="cache",
    ready="False",
    url="https://redis.example.com",
    version="8",
    capacity="1Gi",
    maxmemory="512Mi",
    memory_limit="832Mi",
    paused=True,
    key_rotation={"rotatedAt": NOW, "previousKeyExpiresAt": "soon"},
    conditions=(status.Condition("Ready", "False", "Reason", "message", NOW),),
    primary="cache-0",
    members=(status.Member("cache-0", "primary", True, True, 1, 0),),
    redis=None,
    pods=(status.Pod("cache-0", "Running", "node", NOW, (status.Container("redis", False, False, "waiting", 1, "Error", NOW),)),),
    events=(status.Event(NOW, "Warning", "Reason", "Pod/cache-0", "message", 2),),
    notes=("a note",),
)
ROW = Row("team", "cache", "False", "Reason", "https://redis.example.com", "1Gi", "8", NOW)

LOCAL_REPORT = local_report.LocalReport(
    "cache", "False", "Down", "http://127.0.0.1", 1, 2, 3, (MemberStatus("cache-0", "primary", 1, 2),), ".kuberedis/cache", "valkey.log"
)


def hostile_token() -> Token:
    """A token with hostile claims, and hostile names of claims."""
    claims = {"aud": "cache" + HOSTILE, "exp": int(time.time()) + 60, "acl": "~a" + HOSTILE, "x" + HOSTILE: ["y", {"z" + HOSTILE: HOSTILE}]}
    return Token(jwt.encode(claims, "k" * 43, algorithm="HS256"))


def status_of_an_instance() -> None:
    view.print_text(infected(REPORT))


def list_of_instances() -> None:
    print_table(by_name([infected(ROW)]), with_namespace=True)


def changes_of_a_list() -> None:
    print_changes([by_name([infected(ROW)])], text=True)


def status_of_local_mode() -> None:
    local_report.print_text(infected(LOCAL_REPORT))


def explanation_of_a_token() -> None:
    for instance in (None, "cache"):
        token_report.print_text(token_report.make(hostile_token(), None, instance))


def claims_that_are_accepted() -> None:
    claims = {"aud": "cache", "exp": int(time.time()) + 60, "acl": "~user:* &news", "name" + HOSTILE: "value" + HOSTILE}
    token_report.print_text(token_report.make(Token(jwt.encode(claims, "k" * 43)), None, None))


def events_of_local_mode() -> None:
    reporter = reporter_for(Output.TEXT)
    for event in every_event():
        reporter.emit(infected(event))


def table_of_local_mode() -> None:
    row = Status("cache", "http://127.0.0.1", "ready", 1, 2, 3)
    console().print(status_table(printable([replace(row, instance=infected("cache"), url=infected("http://127.0.0.1"))])))


def progress_of_a_command() -> None:
    Progress(Output.TEXT).report("deleted", infected("instance deleted"))


def problem_of_a_command() -> None:
    write_line(infected("kuberedis: a problem"))
    write_line(infected("kuberedis: a problem"), error=True)


def json_of_everything() -> None:
    view.print_json(infected(REPORT))
    print_json(by_name([infected(ROW)]))
    print_changes([by_name([infected(ROW)])], text=False)
    local_report.print_json(infected(LOCAL_REPORT))
    token_report.print_json(token_report.make(hostile_token(), None, None))
    Progress(Output.JSON).report("deleted", "", name=infected("cache"))
    for event in every_event():
        reporter_for(Output.JSON).emit(infected(event))


COMMANDS = [
    status_of_an_instance,
    list_of_instances,
    changes_of_a_list,
    status_of_local_mode,
    explanation_of_a_token,
    claims_that_are_accepted,
    events_of_local_mode,
    table_of_local_mode,
    progress_of_a_command,
    problem_of_a_command,
    json_of_everything,
]


@pytest.mark.parametrize("command", COMMANDS)
def test_hostile_text_is_printed_with_escapes(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    command()
    written = "".join(capsys.readouterr())
    assert [letter for letter in written if not letter.isprintable() and letter != "\n"] == []
    assert [line for line in written.splitlines() if line.strip().startswith("FAKE")] == []
    assert "FAKE" in written


def test_what_is_harmless_stays_as_it_is() -> None:
    texts = ["plain", "ключ", "日本語 🙂", "a  b", "C:\\temp", ""]
    assert printable(texts) == texts
    assert printable({"a": ("b", 1, None, datetime(2026, 1, 1, tzinfo=UTC))}) == {"a": ("b", 1, None, datetime(2026, 1, 1, tzinfo=UTC))}
