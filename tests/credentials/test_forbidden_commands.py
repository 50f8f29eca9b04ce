"""Commands that would break the sidecar or its neighbours: no credential, entrance or spelling gets one through."""

from collections.abc import Iterator

import httpx
import pytest
import redis

from tests.credentials.entrances import CALL, ENTRANCES, is_refused
from tests.credentials.forging import claims
from tests.faults.traffic import client_of
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token

pytestmark = pytest.mark.every_server

FORBIDDEN = [
    ["CONFIG", "GET", "*"],
    ["CONFIG", "SET", "maxmemory", "1mb"],
    ["CONFIG", "RESETSTAT"],
    ["CONFIG", "REWRITE"],
    ["SHUTDOWN"],
    ["SHUTDOWN", "NOSAVE", "NOW", "FORCE"],
    ["DEBUG", "SLEEP", "3"],
    ["DEBUG", "SEGFAULT"],
    ["DEBUG", "OBJECT", "user:1"],
    ["REPLICAOF", "127.0.0.1", "1"],
    ["SLAVEOF", "127.0.0.1", "1"],
    ["FAILOVER"],
    ["MODULE", "LIST"],
    ["MODULE", "LOAD", "/tmp/none.so"],  # noqa: S108 a file that need not be there
    ["ACL", "WHOAMI"],
    ["ACL", "LIST"],
    ["ACL", "SETUSER", "evil", "on", "nopass", "~*", "+@all"],
    ["ACL", "DELUSER", "default"],
    ["ACL", "LOG"],
    ["ACL", "GENPASS"],
    ["SELECT", "1"],
    ["AUTH", "x"],
    ["AUTH", "default", "x"],
    ["HELLO"],
    ["HELLO", "3"],
    ["RESET"],
    ["QUIT"],
    ["MULTI"],
    ["EXEC"],
    ["DISCARD"],
    ["WATCH", "user:1"],
    ["UNWATCH"],
    ["CLIENT", "REPLY", "OFF"],
    ["CLIENT", "REPLY", "SKIP"],
    ["CLIENT", "KILL", "TYPE", "normal"],
    ["CLIENT", "PAUSE", "3000"],
    ["CLIENT", "LIST"],
    ["CLIENT", "SETNAME", "evil"],
    ["CLIENT", "NO-EVICT", "on"],
    ["CLIENT", "TRACKING", "on"],
    ["CLIENT", "UNBLOCK", "1"],
    ["SYNC"],
    ["PSYNC", "?", "-1"],
    ["REPLCONF", "listening-port", "1"],
    ["MIGRATE", "127.0.0.1", "1", "user:1", "0", "100"],
    ["CLUSTER", "RESET"],
    ["SUBSCRIBE", "news"],
    ["PSUBSCRIBE", "*"],
    ["UNSUBSCRIBE"],
    ["MONITOR"],
]
ADMINISTRATION = [
    ["FLUSHALL"],
    ["FLUSHDB", "ASYNC"],
    ["SWAPDB", "0", "1"],
    ["SCRIPT", "FLUSH"],
    ["SCRIPT", "KILL"],
    ["FUNCTION", "LOAD", "#!lua name=evil\nredis.register_function('evil', function() return 1 end)"],
    ["FUNCTION", "DELETE", "lib"],
    ["FUNCTION", "FLUSH"],
    ["FUNCTION", "RESTORE", "x"],
    ["RESTORE", "user:2", "0", "x"],
    ["SLOWLOG", "GET"],
    ["SLOWLOG", "RESET"],
    ["LATENCY", "RESET"],
    ["BGSAVE"],
    ["SAVE"],
]


def in_odd_case(command: list[str]) -> list[str]:
    return ["".join(c.lower() if i % 2 else c.upper() for i, c in enumerate(command[0])), *command[1:]]


def evil_users(database: redis.Redis) -> list[str]:
    """Users that are neither Redis' own nor made by the sidecar for a grant."""
    return [user for user in map(str, database.acl_users()) if user != "default" and "kuberedis:" not in user]


def server_state(database: redis.Redis) -> tuple[object, ...]:
    """What none of the commands may change."""
    roles = database.info("replication")
    return database.config_get("*"), evil_users(database), roles["role"], database.get("user:1"), database.dbsize()


@pytest.fixture(params=["key", "admin", "admin with every rule"])
def strongest(request: pytest.FixtureRequest, sidecar: Sidecar) -> Iterator[httpx.Client]:
    """A client with one of the strongest credentials there are."""
    token = {
        "key": sidecar.api_key,
        "admin": mint_token(sidecar, **claims(sidecar, scope="admin")),
        "admin with every rule": mint_token(sidecar, **claims(sidecar, scope="admin", acl="~* &* +@all")),
    }[request.param]
    with client_of(sidecar, token) as http:
        yield http


@pytest.mark.parametrize("command", FORBIDDEN, ids=" ".join)
def test_forbidden_command_is_refused_at_every_entrance(strongest: httpx.Client, database: redis.Redis, command: list[str]) -> None:
    assert strongest.get("/keys/user:1").json()["value"] == "mine"
    before = server_state(database)
    for name, entrance in ENTRANCES.items():
        for spelling in (command, in_odd_case(command)):
            answer = entrance(strongest, spelling)
            assert is_refused(answer), (name, answer.status_code, answer.text)
            assert strongest.get("/keys/user:1").json()["value"] == "mine", f"after {spelling} in {name}"
    assert server_state(database) == before


@pytest.mark.parametrize("command", [["CONFIG", "GET", "*"], ["ACL", "LIST"], ["SELECT", "1"], ["SHUTDOWN"]], ids=" ".join)
def test_forbidden_command_is_refused_inside_a_function(sidecar: Sidecar, database: redis.Redis, command: list[str]) -> None:
    library = f"#!lua name=lib\nredis.register_function('call', function(keys, ARGV) {CALL} end)"
    with client_of(sidecar, sidecar.api_key) as http:
        assert http.post("/", json=["FUNCTION", "LOAD", "REPLACE", library]).status_code == 200
        for spelling in (command, in_odd_case(command)):
            assert is_refused(http.post("/", json=["FCALL", "call", "0", *spelling]))
        assert http.get("/keys/user:1").json()["value"] == "mine"
    database.function_delete("lib")


@pytest.mark.parametrize(
    "name",
    ["CONFIG GET", "config|get", "CONFIG\n", " CONFIG", "CONFIG ", "CONFIG\x00", "\ufeffCONFIG", "ＣＯＮＦＩＧ", ""],
)
@pytest.mark.usefixtures("database")
def test_name_that_only_looks_like_a_forbidden_command_is_an_error(sidecar: Sidecar, name: str) -> None:
    with client_of(sidecar, sidecar.api_key) as http:
        for entrance in ("body", "pipeline", "transaction", "raw-command", "script"):
            assert is_refused(ENTRANCES[entrance](http, [name, "GET", "maxmemory"])), entrance


@pytest.mark.parametrize("command", ADMINISTRATION, ids=lambda command: " ".join(command[:2]))
def test_writer_is_refused_administration_at_every_entrance(sidecar: Sidecar, database: redis.Redis, command: list[str]) -> None:
    before = server_state(database)
    with client_of(sidecar, mint_token(sidecar, **claims(sidecar, scope="write"))) as http:
        for name, entrance in ENTRANCES.items():
            answer = entrance(http, command)
            assert is_refused(answer), (name, answer.status_code, answer.text)
    assert server_state(database) == before


def test_administrator_may_flush(sidecar: Sidecar, database: redis.Redis) -> None:
    with client_of(sidecar, mint_token(sidecar, **claims(sidecar, scope="admin"))) as http:
        assert http.post("/", json=["FLUSHALL"]).json() == {"result": "OK"}
    assert database.dbsize() == 0


@pytest.mark.parametrize(
    "command",
    [
        ["SET", "user:1", "v"],
        ["DEL", "user:1"],
        ["GETDEL", "user:1"],
        ["EXPIRE", "user:1", "1"],
        ["RENAME", "user:1", "user:2"],
        ["SORT", "user:list", "STORE", "user:2"],
        ["HSET", "user:2", "f", "v"],
        ["RPUSH", "user:list", "3"],
        ["XADD", "user:s", "*", "f", "v"],
        ["BLPOP", "user:list", "0.1"],
        ["RESTORE", "user:2", "0", "x"],
        ["KEYS", "*"],
        ["PUBLISH", "news", "v"],
        ["FLUSHALL"],
    ],
    ids=" ".join,
)
def test_reader_is_refused_every_write_at_every_entrance(sidecar: Sidecar, database: redis.Redis, command: list[str]) -> None:
    before = {key: database.dump(key) for key in database.scan_iter()}
    with client_of(sidecar, mint_token(sidecar, **claims(sidecar, scope="read"))) as http:
        assert http.get("/keys/user:1").json()["value"] == "mine"
        for name, entrance in ENTRANCES.items():
            assert is_refused(entrance(http, command)), name
        assert http.post("/keys/user:1", json={"value": "v"}).status_code == 403
        assert http.delete("/keys/user:1").status_code == 403
    assert {key: database.dump(key) for key in database.scan_iter()} == before
