"""Upstash's protocol: all or nothing, `POST /multi-exec`, on a connection that requests share."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.harness.redis_server import RedisServer
from tests.sidecar.calls import Caller

pytestmark = [pytest.mark.usefixtures("flushed"), pytest.mark.every_server]


def test_results_come_in_order(call: Caller) -> None:
    answer = call.batch("/multi-exec", ["SET", "k", "1"], ["INCR", "k"], ["GET", "k"], ["GET", "nobody"])
    assert answer.status == 200
    assert answer.json() == [{"result": "OK"}, {"result": 2}, {"result": "2"}, {"result": None}]


def test_command_that_fails_while_it_runs_is_an_error_in_its_place(call: Caller, redis_server: RedisServer) -> None:
    answer = call.batch("/multi-exec", ["SET", "k", "v"], ["INCR", "k"], ["APPEND", "k", "w"])
    assert answer.status == 200
    assert answer.json() == [{"result": "OK"}, {"error": "ERR value is not an integer or out of range"}, {"result": 2}]
    assert redis_server.client().get("k") == b"vw"


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (["NOSUCH"], "ERR unknown command"),
        (["GET"], "ERR wrong number of arguments for 'get' command"),
        (["SET", "x", None], "ERR null args are not supported"),
        (["SET", "x", ["v"]], 'ERR unsupported arg type: "[": json.Delim'),
        ([], "ERR empty command"),
        ("PING", "ERR expected JSON array"),
        (["EXEC"], 'ERR Command "EXEC" is not allowed in REST or it has a special context path'),
        (["DISCARD"], 'ERR Command "DISCARD" is not allowed in REST or it has a special context path'),
        (["multi"], 'ERR Command "multi" is not allowed in REST or it has a special context path'),
        (["WATCH", "k"], 'ERR Command "WATCH" is not allowed in REST or it has a special context path'),
        (["SUBSCRIBE", "c"], 'ERR Command "SUBSCRIBE" is not allowed in REST or it has a special context path'),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_transaction_with_a_bad_command_is_discarded_whole(
    call: Caller, redis_server: RedisServer, place: int, bad: object, error: str
) -> None:
    rows: list[object] = [["SET", "a", "1"], ["SET", "b", "2"]]
    rows.insert(place, bad)
    answer = call.batch("/multi-exec", *rows)
    assert answer.status == 400
    assert answer.error().startswith(error)
    assert redis_server.client().dbsize() == 0
    assert call.command("PING").json() == {"result": "PONG"}


def test_transaction_without_permission_is_discarded_whole(call: Caller, redis_server: RedisServer) -> None:
    answer = call.batch("/multi-exec", ["SET", "a", "1"], ["CONFIG", "GET", "*"])
    assert answer.status == 403
    assert answer.error().startswith("NOPERM ")
    assert redis_server.client().dbsize() == 0


def test_blocking_command_in_a_transaction_does_not_wait(call: Caller) -> None:
    answer = call.batch("/multi-exec", ["BLPOP", "nobody", 0], ["PING"])
    assert answer.json() == [{"result": None}, {"result": "PONG"}]


def test_ok_is_encoded_in_a_transaction_as_in_a_single_command(call: Caller) -> None:
    answer = call.batch(
        "/multi-exec",
        ["SET", "k", "OK"],
        ["GET", "k"],
        ["MGET", "k", "nobody"],
        ["PING"],
        ["INCR", "k"],
        headers={"Upstash-Encoding": "base64"},
    )
    assert answer.json() == [
        {"result": "OK"},
        {"result": "T0s="},
        {"result": ["T0s=", None]},
        {"result": "UE9ORw=="},
        {"error": "ERR value is not an integer or out of range"},
    ]


@pytest.mark.parametrize("wanted", ["resp2", "json", "xml"])
def test_transaction_is_json_whatever_format_is_requested(call: Caller, wanted: str) -> None:
    answer = call.batch("/multi-exec", ["PING"], headers={"Upstash-Response-Format": wanted})
    assert (answer.status, answer.json()) == (200, [{"result": "PONG"}])


def test_concurrent_transactions_never_mix(call: Caller, redis_server: RedisServer) -> None:
    """None is interleaved with another request on the shared connection, not even when it is discarded."""
    steps = 20

    def transaction(_: int) -> None:
        counts = [item["result"] for item in call.batch("/multi-exec", *[["INCR", "n"]] * steps).json()]
        assert counts == list(range(counts[0], counts[0] + steps))

    def discarded(_: int) -> None:
        answer = call.batch("/multi-exec", ["INCR", "never"], ["NOSUCH"], ["INCR", "never"])
        assert answer.status == 400
        assert answer.error().startswith("ERR unknown command")

    def failing(_: int) -> None:
        items = call.batch("/multi-exec", ["LPUSH", "n", "a"], ["ECHO", "a"]).json()
        assert items[0]["error"].startswith("WRONGTYPE")
        assert items[1] == {"result": "a"}

    def single(number: int) -> None:
        assert call.command("ECHO", f"e{number}").json() == {"result": f"e{number}"}

    def pipeline(number: int) -> None:
        words = [f"p{number}-{place}" for place in range(steps)]
        answer = call.batch("/pipeline", *[["ECHO", word] for word in words])
        assert answer.json() == [{"result": word} for word in words]

    redis_server.client().set("n", 0)
    rounds = 30
    kinds = (transaction, discarded, failing, single, pipeline)
    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(kind, number) for number in range(rounds) for kind in kinds]:
            done.result()
    assert redis_server.client().mget("n", "never") == [str(rounds * steps).encode(), None]
