"""`Upstash-Sync-Token`, with which clients request to read their own writes."""

import json

import pytest

from tests.sidecar.calls import Answer, Caller

pytestmark = pytest.mark.usefixtures("flushed")


def token(answer: Answer) -> str:
    value = answer.headers["Upstash-Sync-Token"]
    assert value
    return value


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/", ["SET", "k", "v"]),
        ("POST", "/", ["NOSUCH"]),
        ("POST", "/pipeline", [["PING"]]),
        ("POST", "/multi-exec", [["PING"]]),
        ("POST", "/multi-exec", [["NOSUCH"]]),
        ("GET", "/get/k", None),
        ("GET", "/nosuch", None),
    ],
)
def test_every_answer_of_the_protocol_has_one(call: Caller, method: str, path: str, body: object) -> None:
    assert token(call(method, path, None if body is None else json.dumps(body).encode()))


def test_it_changes_with_every_write(call: Caller) -> None:
    tokens = [token(call.command("INCR", "n")) for _ in range(20)]
    tokens += [token(call.batch(path, ["INCR", "n"])) for path in ("/pipeline", "/multi-exec") for _ in range(5)]
    assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize("sent", ["", "my-new-sync-token", "\u00ff\u00fe", "0", "x" * 4000])
def test_token_of_any_content_is_accepted(call: Caller, sent: str) -> None:
    answer = call.command("SET", "k", "v", headers={"Upstash-Sync-Token": sent})
    assert (answer.status, answer.json()) == (200, {"result": "OK"})
    assert token(answer) != sent
