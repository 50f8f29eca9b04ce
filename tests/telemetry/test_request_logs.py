"""One JSON line for each request, found again by its request id, which the caller may choose and always gets back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kuberedis_core.sidecar_environment import ACCESS_LOG_FILE
from tests.faults.traffic import client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until
from tests.http_paths.exchange import Conversation


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast", "sanic"])
def logged(request: pytest.FixtureRequest, redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar that logs its requests, by each HTTP path."""
    return start_sidecar(redis_server, KUBEREDIS_FAST_PATH=request.param)


@pytest.fixture
def http(logged: Sidecar) -> Iterator[httpx.Client]:
    """A client with the instance key."""
    with client_of(logged) as client:
        yield client


def line_of(sidecar: Sidecar, answer: httpx.Response) -> dict[str, Any]:
    """The one log line of the request with this answer."""
    request_id = answer.headers["x-request-id"]

    def lines() -> list[dict[str, Any]]:
        return [line for line in sidecar.logs() if line.get("request_id") == request_id]

    wait_until(lambda: bool(lines()), what=f"a log line for {request_id}")
    (line,) = lines()
    return line


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/keys/missing", None, 404),
        ("POST", "/keys/a", b'{"value": "v"}', 200),
        ("POST", "/keys/a", b"nonsense", 400),
        ("POST", "/pipeline", b'[["PING"]]', 200),
        ("GET", "/echo/hello", None, 200),
        ("PATCH", "/keys/a", None, 405),
        ("HEAD", "/echo/hello", None, 200),
        ("POST", "/", b'["BLPOP", "q", "0.01"]', 200),
    ],
)
def test_request_is_one_line_with_its_id_method_status_and_duration(
    logged: Sidecar, http: httpx.Client, method: str, path: str, content: bytes | None, status: int
) -> None:
    answer = http.request(method, path, content=content)
    assert answer.status_code == status
    line = line_of(logged, answer)
    assert line["event"] == "request"
    assert line["level"] == "info"
    assert (line["method"], line["status"], line["instance"]) == (method, status, logged.instance)
    assert 0 <= line["duration_ms"] < 5000
    assert line["timestamp"].endswith("Z")
    assert line["route"]


def test_refused_request_is_logged_as_well(logged: Sidecar, http: httpx.Client) -> None:
    answer = http.get("/keys/a", headers={"Authorization": "Bearer wrong"})
    assert line_of(logged, answer)["status"] == 401


@pytest.mark.parametrize("request_id", ["a", "7f9c-4d2e.a_b:c/d+e=", "x" * 128, '"quoted"\\'], ids=ascii)
def test_request_id_of_the_caller_is_kept(logged: Sidecar, http: httpx.Client, request_id: str) -> None:
    for path in ("/echo/hello", "/keys/missing", "/keys/a/b"):
        answer = http.get(path, headers={"X-Request-Id": request_id})
        assert answer.headers["x-request-id"] == request_id
    wait_until(lambda: sum(line.get("request_id") == request_id for line in logged.logs()) == 3)


@pytest.mark.parametrize("request_id", [b"", b"x" * 129, b"a b", b"caf\xc3\xa9", b"a\tb", b"\x7f"], ids=ascii)
def test_invalid_request_id_is_replaced(logged: Sidecar, request_id: bytes) -> None:
    base = logged.url.removeprefix(logged.origin).encode()
    with Conversation(logged.origin) as conversation:
        conversation.send(b"GET %b/keys/a HTTP/1.1\r\nHost: a\r\nX-Request-Id: %b\r\n\r\n" % (base, request_id))
        received = b""
        while b"\r\n\r\n" not in received:
            received += conversation.socket.recv(65536)
    (line,) = [line for line in received.split(b"\r\n") if line.lower().startswith(b"x-request-id:")]
    made = line.split(b":", 1)[1].strip()
    assert made
    assert made != request_id
    assert len(made) <= 128
    assert made.isascii()


def test_request_ids_that_are_made_are_all_different(http: httpx.Client) -> None:
    made = [http.get("/echo/hello").headers["x-request-id"] for _ in range(100)]
    assert len(set(made)) == 100


def test_every_line_of_the_output_is_json_whatever_clients_send(logged: Sidecar, http: httpx.Client) -> None:
    for path in ("/keys/a%0A%7B%22event%22%3A%22forged%22%7D", "/echo/%0d%0aforged", "/keys/%ff%fe", "/get/%00"):
        http.get(path)
    with Conversation(logged.origin) as conversation:
        conversation.send(b'GET /x"\\x HTTP/1.1\r\nHost: a\r\nX-Request-Id: "\n{"event": "forged"}\r\n\r\nnonsense\r\n\r\n')
        conversation.read_answer()
    last = http.get("/echo/last")
    line_of(logged, last)
    # `logs` itself parses every line.
    assert all(isinstance(line["event"], str) for line in logged.logs())
    assert "forged" not in {line["event"] for line in logged.logs()}


def test_lines_of_requests_can_be_turned_off_and_ids_are_still_returned(
    redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]
) -> None:
    for fast_path in ("true", "false"):
        sidecar = start_sidecar(redis_server, KUBEREDIS_ACCESS_LOG="false", KUBEREDIS_FAST_PATH=fast_path)
        with client_of(sidecar) as http:
            assert http.get("/echo/hello", headers={"X-Request-Id": "mine"}).headers["x-request-id"] == "mine"
            assert http.get("/keys/a/b").headers["x-request-id"]
        sidecar.terminate()
        events = {line["event"] for line in sidecar.logs()}
        assert "listening" in events
        assert "request" not in events


def test_access_log_begins_and_ends_while_the_sidecar_runs(
    redis_server: RedisServer, start_sidecar: Callable[..., Sidecar], tmp_path: Path
) -> None:
    settings, switch = tmp_path / "live.json", tmp_path / ACCESS_LOG_FILE
    settings.write_text("{}")
    sidecar = start_sidecar(redis_server, KUBEREDIS_ACCESS_LOG="false", KUBEREDIS_REDIS_SETTINGS_FILE=str(settings))
    counts = [0]

    def more_lines() -> bool:
        """Whether there are more lines than before; each call sends a request, whose line is there at the next one."""
        with client_of(sidecar) as http:
            assert http.get("/echo/hello").status_code == 200
        counts.append(sum(line["event"] == "request" for line in sidecar.logs()))
        return counts[-1] > counts[-2]

    assert not any(more_lines() for _ in range(3))
    switch.write_text("true\n")
    wait_until(more_lines, what="a line of a request")
    switch.unlink()
    wait_until(lambda: not more_lines(), every_seconds=0.5, what="a request without a line")


def test_no_line_is_lost_when_the_sidecar_ends(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> None:
    sidecar = start_sidecar(redis_server)
    with client_of(sidecar) as http:
        sent = [http.get(path).headers["x-request-id"] for path in ("/echo/hello", "/keys/missing", "/keys/a/b", "/get/%00")]
    assert sidecar.terminate() == 0
    sidecar.end()
    lines = sidecar.logs()
    assert [line["request_id"] for line in lines if line["event"] == "request"] == sent
    assert lines[-1]["event"] == "stopped"


def long_ids() -> list[str]:
    """Ids of requests whose lines are twice as long as what a pipe and the buffers of its reader have room for."""
    return [f"{number:0>3}".rjust(128, '"') for number in range(300)]


def test_requests_are_served_while_nobody_reads_the_log(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> None:
    sidecar = start_sidecar(redis_server)
    with client_of(sidecar) as http, sidecar.unread():
        for request_id in long_ids():
            assert http.get("/echo/hello", headers={"X-Request-Id": request_id}).status_code == 200

    def logged() -> list[str]:
        return [line["request_id"] for line in sidecar.logs() if line["event"] == "request"]

    wait_until(lambda: logged() == long_ids(), limit_seconds=30, every_seconds=0.1, what="the lines of all requests")


def test_sidecar_ends_in_time_though_nobody_reads_the_log(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> None:
    sidecar = start_sidecar(redis_server)
    with client_of(sidecar) as http, sidecar.unread():
        for request_id in long_ids():
            assert http.get("/echo/hello", headers={"X-Request-Id": request_id}).status_code == 200
        assert sidecar.terminate() == 0
