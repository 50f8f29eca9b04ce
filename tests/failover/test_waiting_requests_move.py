"""What waits at the primary goes on at the next one, or ends with a reason: blocking commands, event streams, scripts."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.failover.conftest import Instance
from tests.faults.traffic import ask_outside, client_of
from tests.harness.replicated import Member
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.unacknowledged import cut_off
from tests.harness.waiting import wait_until
from tests.sidecar.events import EventStream

pytestmark = pytest.mark.slow


def blocked(member: Member) -> int:
    """How many clients of a member's Redis are blocked."""
    with member.client() as client:
        return int(client.info("clients")["blocked_clients"])


def subscribers(instance: Instance, channel: str) -> list[int]:
    """How many subscribers each member's Redis has."""
    return [int(member.call("PUBSUB", "NUMSUB", channel)[1]) for member in instance.servers if member.redis.running]


@contextmanager
def asking(sidecar: Sidecar, *command: object) -> Iterator[Any]:
    """Send a command that waits; the future of its response."""
    with client_of(sidecar) as http, ThreadPoolExecutor(1) as executor:
        yield executor.submit(http.post, "/", json=list(command))


def test_blocking_commands_wait_on_at_the_next_primary(instance: Instance, primary: Member) -> None:
    (other, *_) = instance.servers.others(primary)
    with (
        asking(instance.sidecar_of(primary), "BLPOP", "list", "20") as pop,
        asking(instance.sidecar_of(other), "BLPOP", "never", "4") as vain,
    ):
        wait_until(lambda: blocked(primary) == 2, what="blocked clients")
        began = time.monotonic()
        successor = instance.switch_over()
        wait_until(lambda: blocked(successor) == 2 or vain.done(), what="blocked clients of the next primary")
        with successor.client() as client:
            client.rpush("list", "element")
        assert pop.result(5).json() == {"result": ["list", "element"]}
        assert vain.result(20).json() == {"result": None}
        assert time.monotonic() - began < 4 + 2


def test_blocking_read_goes_on_when_the_primary_is_killed_and_pop_has_an_unknown_outcome(instance: Instance, primary: Member) -> None:
    (other, *_) = instance.servers.others(primary)
    sidecar = instance.sidecar_of(other)
    with asking(sidecar, "XREAD", "BLOCK", "20000", "STREAMS", "stream", "0") as read, asking(sidecar, "BLPOP", "list", "20") as pop:
        wait_until(lambda: blocked(primary) == 2, what="blocked clients")
        primary.redis.kill()
        response = pop.result(5)
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) > 0
        assert "may have been carried out" in response.text
        with client_of(sidecar) as http:
            assert http.post("/", json=["XADD", "stream", "*", "field", "value"]).status_code == 200
        assert read.result(5).json()["result"][0][0] == "stream"
    primary.start_redis()


@pytest.mark.parametrize("planned", [True, False])
def test_streams_are_subscribed_again_at_the_next_primary(instance: Instance, primary: Member, planned: bool) -> None:
    (other, *_) = instance.servers.others(primary)
    sidecar = instance.sidecar_of(other)
    with ExitStack() as stack:
        http = stack.enter_context(client_of(instance.sidecar_of(primary)))
        streams = [stack.enter_context(EventStream(sidecar, "/subscribe/news")) for _ in range(3)]
        assert [stream.data() for stream in streams] == ["subscribe,news,1"] * 3
        assert http.post("/", json=["PUBLISH", "news", "first"]).status_code == 200
        assert [stream.data() for stream in streams] == ["message,news,first"] * 3
        if planned:
            instance.switch_over()
        else:
            primary.redis.kill()
        assert [stream.data() for stream in streams] == ["subscribe,news,1"] * 3
        wait_until(lambda: sum(subscribers(instance, "news")) == 1, what="one subscriber")
        streams.append(stack.enter_context(EventStream(sidecar, "/subscribe/news")))
        assert streams[-1].data() == "subscribe,news,1"
        assert http.post("/", json=["PUBLISH", "news", "second"]).json() == {"result": 1}
        assert [stream.data() for stream in streams] == ["message,news,second"] * 4
    if not planned:
        primary.start_redis()


def test_scripts_run_at_the_next_primary_and_nobody_is_suspended(instance: Instance, primary: Member) -> None:
    script = "return redis.call('INCR', KEYS[1])"
    with client_of(instance.sidecar_of(primary)) as http:
        sha1 = http.post("/", json=["SCRIPT", "LOAD", script]).json()["result"]
        counts = [http.post("/", json=["EVALSHA", sha1, "1", "runs"]).json()["result"]]
        primary.redis.kill()
        wait_until(lambda: http.get("/get/runs").status_code == 200, what="the next primary")
        # Scripts are not replicated; clients send them again, as Redis' documentation asks them to.
        assert http.post("/", json=["EVALSHA", sha1, "1", "runs"]).json()["error"].startswith("NOSCRIPT")
        counts += [http.post("/", json=["EVAL", script, "1", "runs"]).json()["result"] for _ in range(5)]
        assert counts == [1, 2, 3, 4, 5, 6]
    primary.start_redis()


def test_script_that_was_sent_to_a_server_that_hangs_suspends_nobody(instance: Instance, primary: Member) -> None:
    (other, *_) = instance.servers.others(primary)
    primary.redis.stop_signal()
    try:
        with asking(instance.sidecar_of(other), "EVAL", "return 1", "0") as result, client_of(instance.sidecar_of(other)) as http:
            assert result.result(10).status_code == 503
            assert http.post("/", json=["EVAL", "return 2", "0"]).json() == {"result": 2}
    finally:
        primary.redis.continue_signal()


def test_request_whose_token_expires_meanwhile_is_refused(instance: Instance, primary: Member) -> None:
    (other, *_) = instance.servers.others(primary)
    sidecar = instance.sidecar_of(other)
    token = mint_token(sidecar, aud="test-cache", exp=int(time.time()) + 2, scope="write")
    with client_of(sidecar, token) as http:
        assert http.get("/get/key").status_code == 200
        primary.redis.stop_signal()
        try:
            answer = http.get("/get/key")
        finally:
            primary.redis.continue_signal()
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "expired" in answer.text


def test_answer_that_has_not_arrived_is_not_sent_once_the_primary_is_given_up(instance: Instance, primary: Member) -> None:
    sidecar = instance.sidecar_of(primary)
    others = instance.servers.others(primary)
    http = HTTPConnection(sidecar.address)
    http.connect()
    with closing(http), primary.client() as client:
        with cut_off(http.sock):
            http.request("GET", f"{sidecar.base_path}/set/key/value", headers={"Authorization": f"Bearer {sidecar.api_key}"})
            wait_until(lambda: client.get("key") == b"value", what="a write that is carried out")
            for member in others:
                member.kill()
            wait_until(lambda: ask_outside(sidecar, "/readyz").status_code == 503, what="a member that gives its primary up")
        # Whoever knows nothing of a connection says so when something arrives for it.
        http.sock.sendall(b"\r\n")
        with pytest.raises(ConnectionError):
            http.getresponse()
    for member in others:
        member.start_redis()
        member.start_sentinel()
    sidecar.wait_until_ready()


def test_member_that_is_cut_off_from_all_others_has_no_primary_until_they_are_back(instance: Instance, primary: Member) -> None:
    sidecar = instance.sidecar_of(primary)
    others = instance.servers.others(primary)
    for member in others:
        member.kill()
    wait_until(lambda: ask_outside(sidecar, "/readyz").status_code == 503, what="a member that gives its primary up")
    with asking(sidecar, "SET", "key", "value") as written:
        for member in others:
            member.start_redis()
            member.start_sentinel()
        assert written.result(10).json() == {"result": "OK"}
    sidecar.wait_until_ready()
