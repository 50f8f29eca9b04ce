"""Blocking commands delay no other request, and end when their client disconnects."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import redis

from tests.faults.traffic import client_of, echo, traffic
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until
from tests.http_paths.exchange import Conversation
from tests.telemetry.page import scrape

pytestmark = pytest.mark.every_server

WAITING = [
    ["BLPOP", "q", "0"],
    ["blpop", "q", "0"],
    ["BRPOP", "q", "0"],
    ["BLMOVE", "q", "r", "LEFT", "LEFT", "0"],
    ["BRPOPLPUSH", "q", "r", "0"],
    ["BLMPOP", "0", "1", "q", "LEFT"],
    ["BZPOPMIN", "z", "0"],
    ["BZMPOP", "0", "1", "z", "MIN"],
    ["XREAD", "BLOCK", "0", "STREAMS", "s", "$"],
    ["XREAD", "COUNT", "1", "block", "0", "STREAMS", "s", "$"],
    ["XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "group-stream", ">"],
    ["WAIT", "1", "0"],
]


@pytest.fixture(autouse=True)
def database(redis_server: RedisServer) -> redis.Redis:
    """Redis with a consumer group and nobody waiting."""
    database = redis_server.client()
    wait_until(lambda: blocked(database) == 0)
    database.flushall()
    database.xgroup_create("group-stream", "g", mkstream=True)
    return database


def blocked(database: redis.Redis) -> int:
    return int(database.info("clients")["blocked_clients"])


def abandon(sidecar: Sidecar, request: httpx.Request) -> Conversation:
    """Send a request and do not wait for its answer."""
    conversation = Conversation(sidecar.origin)
    head = [f"{request.method} {request.url.raw_path.decode()} HTTP/1.1"]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    conversation.send("\r\n".join([*head, "", ""]).encode() + request.content)
    return conversation


@pytest.mark.parametrize("command", WAITING, ids=" ".join)
@pytest.mark.parametrize("form", ["body", "path", "raw-command", "pipeline"])
def test_waiting_command_stalls_nobody_and_ends_with_its_client(
    sidecar: Sidecar, database: redis.Redis, command: list[str], form: str
) -> None:
    with client_of(sidecar) as http:
        request = {
            "body": http.build_request("POST", "/", json=command),
            "path": http.build_request("GET", "/" + "/".join(command)),
            "raw-command": http.build_request("POST", "/raw-command", json={"command": command[0], "args": command[1:]}),
            "pipeline": http.build_request("POST", "/pipeline", json=[["PING"], command, ["PING"]]),
        }[form]
        waiting = abandon(sidecar, request)
        if form == "pipeline":
            # A gateway may refuse the item instead of waiting; either way nobody else waits.
            started = time.monotonic()
            wait_until(lambda: blocked(database) == 1 or not waiting.is_quiet(0.01))
            assert time.monotonic() - started < 5
        else:
            wait_until(lambda: blocked(database) == 1)
        started = time.monotonic()
        for number in range(20):
            assert echo(http, str(number)).status_code == 200
        assert time.monotonic() - started < 2
    waiting.socket.close()
    wait_until(lambda: blocked(database) == 0, limit_seconds=3, what="the release of the abandoned command")
    database.rpush("q", "kept")
    database.zadd("z", {"kept": 1})
    assert (database.llen("q"), database.zcard("z")) == (1, 1)


def test_waiting_command_gets_what_arrives(sidecar: Sidecar, database: redis.Redis) -> None:
    with ThreadPoolExecutor() as pool, client_of(sidecar) as http:
        answer = pool.submit(http.post, "/", json=["BLPOP", "q", "20"])
        wait_until(lambda: blocked(database) == 1)
        database.rpush("q", b"v")
        assert answer.result().json() == {"result": ["q", "v"]}
        stream = pool.submit(http.post, "/", json=["XREAD", "BLOCK", "20000", "STREAMS", "s", "$"])
        wait_until(lambda: blocked(database) == 1)
        database.xadd("s", {"f": "v"}, id="1-1")
        assert stream.result().json() == {"result": [["s", [["1-1", ["f", "v"]]]]]}


def test_waiting_command_ends_with_null_after_its_own_timeout(sidecar: Sidecar) -> None:
    with client_of(sidecar) as http:
        answer = http.post("/", json=["BLPOP", "q", "0.3"])
        assert answer.json() == {"result": None}
        assert 0.25 < answer.elapsed.total_seconds() < 2
        assert http.post("/", json=["WAIT", "1", "100"]).json() == {"result": 0}
        assert http.post("/", json=["XREAD", "BLOCK", "100", "STREAMS", "s", "$"]).json() == {"result": None}


@pytest.mark.usefixtures("database")
def test_waiting_command_in_a_pipeline_leaves_the_other_items_alone(sidecar: Sidecar) -> None:
    with client_of(sidecar) as http:
        answer = http.post("/pipeline", json=[["SET", "a", "1"], ["BLPOP", "q", "0.1"], ["GET", "a"]])
        assert answer.status_code == 200
        first, second, third = answer.json()
        assert (first, third) == ({"result": "OK"}, {"result": "1"})
        assert second == {"result": None} or "error" in second


def test_waiting_command_in_a_transaction_or_script_does_not_wait(sidecar: Sidecar) -> None:
    with client_of(sidecar) as http:
        answer = http.post("/multi-exec", json=[["BLPOP", "q", "0"], ["INCR", "n"]])
        assert answer.elapsed.total_seconds() < 2
        assert answer.status_code in (200, 400)
        answer = http.post("/", json=["EVAL", "return redis.call('BLPOP', 'q', 0)", "0"])
        assert answer.elapsed.total_seconds() < 2
        assert answer.status_code in (200, 400)


def test_watch_is_refused(sidecar: Sidecar) -> None:
    with client_of(sidecar) as http:
        for command in (["WATCH", "a"], ["watch", "a"], ["UNWATCH"]):
            answer = http.post("/", json=command)
            assert answer.status_code == 400
            assert answer.json()["error"].startswith(f'ERR Command "{command[0]}" is not allowed in REST')


def test_traffic_beside_many_waiting_commands_is_as_quick_as_alone(sidecar: Sidecar, database: redis.Redis) -> None:
    with client_of(sidecar) as http:
        waiting = [abandon(sidecar, http.build_request("POST", "/", json=["BLPOP", "q", "0"])) for _ in range(50)]
    try:
        wait_until(lambda: blocked(database) == 50)
        with traffic(sidecar, echo, clients=2) as result:
            result.wait_for(300)
        assert {one.status for one in result.seen} == {200}
        assert result.slowest() < 1
    finally:
        for conversation in waiting:
            conversation.reset()
    wait_until(lambda: blocked(database) == 0)


def test_subscriber_that_goes_away_is_unsubscribed(sidecar: Sidecar, database: redis.Redis) -> None:
    with client_of(sidecar) as http:
        streams = [abandon(sidecar, http.build_request("POST", "/subscribe/news", json=[])) for _ in range(10)]
    wait_until(lambda: scrape(sidecar).total("kuberedis_subscribers") == 10)
    wait_until(lambda: database.pubsub_numsub("news") == [(b"news", 1)])
    for conversation in streams:
        conversation.socket.close()
    wait_until(lambda: database.pubsub_numsub("news") == [(b"news", 0)], limit_seconds=3)
