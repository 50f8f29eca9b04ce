"""A token for `user:*` reaches no other key, whatever the command, its place in it and the entrance."""

from collections.abc import Iterator

import httpx
import pytest
import redis
from redis.client import PubSub

from tests.credentials.conftest import SECRET
from tests.credentials.entrances import CALL, ENTRANCES, is_refused
from tests.credentials.forging import claims
from tests.faults.traffic import client_of
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token

pytestmark = pytest.mark.every_server

OUTSIDE = [
    ["GET", "secret:1"],
    ["get", "secret:1"],
    ["SET", "secret:1", "v"],
    ["SET", "user:", "v", "GET", "secret:1"],
    ["GETSET", "secret:1", "v"],
    ["GETDEL", "secret:1"],
    ["GETEX", "secret:1", "EX", "1"],
    ["GETRANGE", "secret:1", "0", "-1"],
    ["STRLEN", "secret:1"],
    ["APPEND", "secret:1", "v"],
    ["INCR", "secret:new"],
    ["DEL", "user:1", "secret:1"],
    ["UNLINK", "secret:1"],
    ["EXISTS", "user:1", "secret:1"],
    ["TYPE", "secret:1"],
    ["TTL", "secret:1"],
    ["EXPIRE", "secret:1", "1"],
    ["TOUCH", "secret:1"],
    ["DUMP", "secret:1"],
    ["RESTORE", "secret:new", "0", "x"],
    ["OBJECT", "ENCODING", "secret:1"],
    ["MEMORY", "USAGE", "secret:1"],
    ["MGET", "user:1", "secret:1"],
    ["MSET", "user:1", "v", "secret:1", "v"],
    ["MSETNX", "user:new", "v", "secret:new", "v"],
    ["RENAME", "user:1", "secret:new"],
    ["RENAME", "secret:1", "user:new"],
    ["COPY", "secret:1", "user:new"],
    ["COPY", "user:1", "secret:new"],
    ["HGETALL", "secret:h"],
    ["HSET", "secret:h", "f", "v"],
    ["LRANGE", "secret:list", "0", "-1"],
    ["LMOVE", "secret:list", "user:new", "LEFT", "LEFT"],
    ["RPOPLPUSH", "secret:list", "user:new"],
    ["LMPOP", "2", "user:none", "secret:list", "LEFT"],
    ["BLPOP", "secret:list", "0.1"],
    ["SMEMBERS", "secret:set"],
    ["SUNIONSTORE", "user:new", "secret:set"],
    ["SUNION", "user:none", "secret:set"],
    ["SINTERCARD", "1", "secret:set"],
    ["ZRANGE", "secret:z", "0", "-1"],
    ["ZUNION", "1", "secret:z"],
    ["ZUNIONSTORE", "user:new", "1", "secret:z"],
    ["ZRANGESTORE", "user:new", "secret:z", "0", "-1"],
    ["XRANGE", "secret:stream", "-", "+"],
    ["XREAD", "STREAMS", "secret:stream", "0"],
    ["XADD", "secret:stream", "*", "f", "v"],
    ["SORT", "user:list", "BY", "nosort", "GET", "secret:*"],
    ["SORT", "user:list", "STORE", "secret:new"],
    ["SORT_RO", "user:list", "BY", "secret:*"],
    ["BITOP", "NOT", "user:new", "secret:1"],
    ["PFCOUNT", "secret:1"],
    ["GEORADIUS", "user:geo", "0", "0", "1", "m", "STORE", "secret:new"],
    ["LCS", "user:1", "secret:1"],
    ["FLUSHALL"],
    ["FLUSHDB"],
    ["SWAPDB", "0", "1"],
    ["MIGRATE", "127.0.0.1", "1", "secret:1", "0", "10"],
]


@pytest.fixture(scope="module")
def narrow(sidecar: Sidecar) -> Iterator[httpx.Client]:
    """A client whose token may do all that a writer may, on `user:*`."""
    with client_of(sidecar, mint_token(sidecar, **claims(sidecar, acl="~user:*", exp=2**33))) as http:
        yield http


def secrets(database: redis.Redis) -> dict[bytes, bytes | None]:
    return {key: database.dump(key) for key in database.scan_iter() if not key.startswith(b"user:")}


@pytest.mark.parametrize("command", OUTSIDE, ids=" ".join)
def test_command_on_another_key_is_refused_at_every_entrance(narrow: httpx.Client, database: redis.Redis, command: list[str]) -> None:
    before = secrets(database)
    for name, entrance in ENTRANCES.items():
        answer = entrance(narrow, command)
        assert is_refused(answer), (name, answer.text)
        assert SECRET not in answer.text
    assert secrets(database) == before
    assert not database.exists("user:new")


@pytest.mark.parametrize("entrance", ENTRANCES.values(), ids=ENTRANCES.keys())
def test_command_on_its_own_key_works_at_every_entrance(narrow: httpx.Client, database: redis.Redis, entrance: object) -> None:
    assert callable(entrance)
    answer = entrance(narrow, ["SET", "user:2", "v"])
    assert answer.status_code == 200, answer.text
    assert "error" not in answer.text
    assert database.get("user:2") == b"v"


def test_key_endpoints_refuse_another_key(narrow: httpx.Client, database: redis.Redis) -> None:
    before = secrets(database)
    octets = {"Content-Type": "application/octet-stream", "Accept": "application/octet-stream"}
    answers = [
        narrow.get("/keys/secret:1"),
        narrow.get("/keys/%73ecret%3a1"),
        narrow.get("/keys/secret:1", headers=octets),
        narrow.post("/keys/secret:1", json={"value": "v"}),
        narrow.post("/keys/secret:1", content=b"v", headers=octets),
        narrow.delete("/keys/secret:1"),
        narrow.get("/hashes/secret:h/f"),
        narrow.post("/hashes/secret:h", json={"field": "f", "value": "v"}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 8
    assert not any(SECRET in answer.text for answer in answers)
    assert secrets(database) == before


def test_script_that_declares_the_key_is_refused(narrow: httpx.Client, database: redis.Redis) -> None:
    script = "redis.call('SET', 'user:2', 'v') return redis.call('GET', KEYS[1])"
    for command in (
        ["EVAL", script, "1", "secret:1"],
        ["EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "secret:1"],
    ):
        answer = narrow.post("/", json=command)
        assert answer.status_code == 403
        assert SECRET not in answer.text
    assert not database.exists("user:2")


def test_script_of_the_administrator_runs_with_the_rights_of_its_caller_and_a_library_not_at_all(
    sidecar: Sidecar, narrow: httpx.Client, database: redis.Redis
) -> None:
    library = f"#!lua name=lib\nredis.register_function('call', function(keys, ARGV) {CALL} end)"
    with client_of(sidecar, sidecar.api_key) as admin:
        digest = admin.post("/", json=["SCRIPT", "LOAD", CALL]).json()["result"]
        assert admin.post("/", json=["FUNCTION", "LOAD", "REPLACE", library]).json() == {"result": "lib"}
    before = secrets(database)
    for command in (["GET", "secret:1"], ["SET", "secret:1", "v"], ["CONFIG", "GET", "*"], ["FLUSHALL"]):
        for call in (["EVALSHA", digest, "0"], ["FCALL", "call", "0"]):
            answer = narrow.post("/", json=[*call, *command])
            assert is_refused(answer), answer.text
            assert SECRET not in answer.text
    assert narrow.post("/", json=["EVALSHA", digest, "0", "GET", "user:1"]).json() == {"result": "mine"}
    # Libraries are shared by all grants.
    assert narrow.post("/", json=["FCALL", "call", "0", "GET", "user:1"]).status_code == 403
    assert secrets(database) == before
    database.function_delete("lib")


def test_transaction_with_one_foreign_key_is_not_executed_at_all(narrow: httpx.Client, database: redis.Redis) -> None:
    answer = narrow.post("/multi-exec", json=[["SET", "user:1", "changed"], ["SET", "secret:1", "v"], ["INCR", "user:n"]])
    assert answer.status_code == 403
    assert answer.json()["error"].startswith("NOPERM")
    assert database.get("user:1") == b"mine"
    assert not database.exists("user:n")


@pytest.mark.usefixtures("database")
def test_pipeline_with_one_foreign_key_refuses_only_that_command(narrow: httpx.Client) -> None:
    answer = narrow.post("/pipeline", json=[["SET", "user:1", "a"], ["GET", "secret:1"], ["GET", "user:1"]])
    assert answer.status_code == 200
    first, second, third = answer.json()
    assert (first, third) == ({"result": "OK"}, {"result": "a"})
    assert second["error"].startswith("NOPERM")


def test_token_without_channels_neither_publishes_nor_listens(narrow: httpx.Client, database: redis.Redis) -> None:
    with PubSub(database.connection_pool) as listener:
        listener.subscribe("news")
        assert listener.get_message(timeout=5) is not None
        for entrance in ENTRANCES.values():
            assert is_refused(entrance(narrow, ["PUBLISH", "news", "v"]))
        database.publish("news", "the end")
        message = listener.get_message(timeout=5)
    assert message is not None
    assert message["data"] == b"the end"
    for path in ("/subscribe/news", "/psubscribe/*", "/monitor"):
        answer = narrow.post(path, headers={"Accept": "text/event-stream"})
        assert answer.status_code == 403, path
        assert answer.json()["error"].startswith("NOPERM")


@pytest.mark.usefixtures("database")
def test_token_for_some_channels_hears_and_publishes_only_there(sidecar: Sidecar) -> None:
    with client_of(sidecar, mint_token(sidecar, **claims(sidecar, acl="~user:* &news:*"))) as http:
        assert http.post("/", json=["PUBLISH", "news:1", "v"]).json() == {"result": 0}
        assert http.post("/", json=["PUBLISH", "other", "v"]).status_code == 403
        assert http.post("/subscribe/other").status_code == 403
        assert http.post("/psubscribe/*").status_code == 403
        with http.stream("POST", "/subscribe/news:1") as stream:
            assert stream.status_code == 200
            assert next(line for line in stream.iter_lines() if line) == "data: subscribe,news:1,1"
