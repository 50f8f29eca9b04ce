"""Grants: one connection and one ACL user for each distinct grant, a bounded number, the least recently used goes."""

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import redis

from tests.credentials.conftest import rules_of_grants
from tests.credentials.forging import claims
from tests.faults.traffic import client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.every_server


@pytest.fixture(scope="module")
def redis_server(own_redis_server: RedisServer) -> RedisServer:
    """A server of this module's own: its users and connections are counted."""
    return own_redis_server


MAX_GRANTS = 3


@pytest.fixture(scope="module")
def few(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar that keeps three grants alive."""
    return start_sidecar(redis_server, KUBEREDIS_MAX_GRANTS=str(MAX_GRANTS))


def token_for(sidecar: Sidecar, name: str) -> str:
    return mint_token(sidecar, **claims(sidecar, acl=f"~{name}:*", exp=2**33))


def use(sidecar: Sidecar, name: str) -> None:
    with client_of(sidecar, token_for(sidecar, name)) as http:
        assert http.post("/", json=["SET", f"{name}:1", name]).json() == {"result": "OK"}


def grants(database: redis.Redis, names: str) -> set[str]:
    """Those of the one-letter names whose grant has an ACL user."""
    return {name for name in names if any(f"~{name}:*" in rule for rule in rules_of_grants(database))}


def test_number_of_users_and_connections_in_redis_stays_bounded(few: Sidecar, database: redis.Redis) -> None:
    before = len(database.client_list())
    for number in range(30):
        use(few, f"n{number}")
    wait_until(lambda: len(rules_of_grants(database)) <= MAX_GRANTS)
    wait_until(lambda: len(database.client_list()) <= before + MAX_GRANTS)
    # Each connection of the sidecar belongs to a user that is still there.
    known = set(database.acl_users())
    assert {entry["user"] for entry in database.client_list()} <= known


def test_least_recently_used_grant_goes_first(few: Sidecar, database: redis.Redis) -> None:
    for name in "abc":
        use(few, name)
    wait_until(lambda: grants(database, "abcd") == {"a", "b", "c"})
    use(few, "a")
    use(few, "d")
    wait_until(lambda: grants(database, "abcd") == {"a", "c", "d"})
    use(few, "b")
    wait_until(lambda: grants(database, "abcd") == {"a", "b", "d"})


def test_tokens_of_one_grant_share_its_user(few: Sidecar, database: redis.Redis) -> None:
    for number in range(20):
        token = mint_token(few, **claims(few, acl="~same:*", exp=2**33 + number, jti=str(number)))
        with client_of(few, token) as http:
            assert http.get("/keys/same:1").status_code == 404
    assert len([rule for rule in rules_of_grants(database) if "~same:*" in rule]) == 1


def test_more_grants_in_use_than_may_live_are_all_served(few: Sidecar, database: redis.Redis) -> None:
    def work(name: str) -> set[tuple[int, str]]:
        with client_of(few, token_for(few, name)) as http:
            answers = [http.post("/pipeline", json=[["INCR", f"{name}:n"], ["ECHO", name]]) for _ in range(25)]
        return {(answer.status_code, answer.json()[1]["result"]) for answer in answers}

    names = [f"g{number}" for number in range(12)]
    with ThreadPoolExecutor(len(names)) as pool:
        results = list(pool.map(work, names))
    assert results == [{(200, name)} for name in names]
    assert [database.get(f"{name}:n") for name in names] == [b"25"] * len(names)
    wait_until(lambda: len(rules_of_grants(database)) <= MAX_GRANTS)


def test_request_in_flight_of_an_evicted_grant_is_answered(few: Sidecar, redis_server: RedisServer, database: redis.Redis) -> None:
    use(few, "f")
    answers: list[int] = []

    def send_request(name: str) -> None:
        with client_of(few, token_for(few, name)) as http:
            answers.append(http.post("/", json=["SET", f"{name}:2", name]).status_code)

    threads = [threading.Thread(target=send_request, args=(name,)) for name in ("f", "g", "h", "i", "j")]
    os.kill(redis_server.pid, signal.SIGSTOP)
    try:
        for thread in threads:
            thread.start()
        wait_until(lambda: in_flight(few) >= len(threads))
    finally:
        os.kill(redis_server.pid, signal.SIGCONT)
    for thread in threads:
        thread.join()
    assert answers == [200] * len(threads)
    assert database.mget([f"{name}:2" for name in "fghij"]) == [b"f", b"g", b"h", b"i", b"j"]


def in_flight(sidecar: Sidecar) -> int:
    """Established connections of clients: in this test each has exactly one request under way."""
    port = int(sidecar.origin.rsplit(":", 1)[1])
    established = "01"
    with Path("/proc/net/tcp").open() as table:
        rows = [line.split() for line in table][1:]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == established for row in rows)


def test_waiting_command_and_stream_outlive_the_eviction_of_their_grant(few: Sidecar, database: redis.Redis) -> None:
    token = mint_token(few, **claims(few, acl="~w:* &w:*"))
    results: list[httpx.Response] = []

    def wait() -> None:
        with client_of(few, token) as http:
            results.append(http.post("/", json=["BLPOP", "w:list", "8"]))

    waiter = threading.Thread(target=wait)
    with client_of(few, token) as http, http.stream("POST", "/subscribe/w:news") as stream:
        lines = (line for line in stream.iter_lines() if line.startswith("data: "))
        assert next(lines) == "data: subscribe,w:news,1"
        waiter.start()
        wait_until(lambda: any("b" in entry["flags"] for entry in database.client_list()))
        for name in "klmno":
            use(few, name)
        assert database.publish("w:news", "hello") == 1
        assert next(lines) == "data: message,w:news,hello"
        database.rpush("w:list", "v")
        waiter.join()
    assert [result.json() for result in results] == [{"result": ["w:list", "v"]}]
    wait_until(lambda: len(rules_of_grants(database)) <= MAX_GRANTS)
