"""`/monitor`: every command that Redis runs, as server-sent events."""

import re

import pytest

from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.sidecar.calls import Caller
from tests.sidecar.events import EventStream

pytestmark = pytest.mark.every_server


def next_line(stream: EventStream, part: str) -> str:
    """The next line of MONITOR that contains `part`; others, such as the gateway's own commands, are skipped."""
    while part not in (line := stream.data()):
        pass
    return line


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_monitor_begins_with_ok_and_shows_commands(sidecar: Sidecar, call: Caller, method: str) -> None:
    with EventStream(sidecar, "/monitor", method=method) as stream:
        assert stream.response.headers.get_content_type() == "text/event-stream"
        assert stream.line() == b'data: "OK"\n'
        assert stream.line() == b"\n"
        assert call.command("ECHO", "monitored").json() == {"result": "monitored"}
        assert re.fullmatch(r'\d+\.\d{6} \[0 [^\]]+\] "ECHO" "monitored"', next_line(stream, "monitored"))


def test_line_break_in_a_command_stays_on_one_line(sidecar: Sidecar, call: Caller) -> None:
    with EventStream(sidecar, "/monitor") as stream:
        assert stream.data() == '"OK"'
        call.command("ECHO", "first\r\n\r\ndata: forged")
        assert next_line(stream, "first").endswith(r'"first\r\n\r\ndata: forged"')


@pytest.mark.parametrize("claims", [{"scope": "read"}, {"scope": "write"}, {"scope": "admin", "acl": "~user:*"}])
def test_monitor_is_refused_to_a_token_for_some_keys(sidecar: Sidecar, call: Caller, claims: dict[str, str]) -> None:
    answer = call("POST", "/monitor", headers={"Authorization": f"Bearer {mint_token(sidecar, **claims)}"})
    assert answer.status == 403
    assert answer.error().startswith("NOPERM ")
