"""Requests that are too large: 413 in JSON that the client gets to read, and nothing executed."""

import http.client
import json
import socket

import pytest

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar, StartSidecar
from tests.sidecar.calls import Caller

pytestmark = pytest.mark.usefixtures("flushed")

MAX_BODY_BYTES = 100_000
MAX_COMMANDS = 50


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast", "sanic"])
def narrow(request: pytest.FixtureRequest, redis_server: RedisServer, start_sidecar: StartSidecar) -> Sidecar:
    """A sidecar with small limits."""
    return start_sidecar(
        redis_server,
        KUBEREDIS_MAX_BODY_BYTES=str(MAX_BODY_BYTES),
        KUBEREDIS_MAX_PIPELINE_COMMANDS=str(MAX_COMMANDS),
        KUBEREDIS_FAST_PATH=request.param,
    )


def headers(sidecar: Sidecar) -> dict[str, str]:
    return {"Authorization": f"Bearer {sidecar.api_key}"}


def test_body_of_exactly_the_limit_is_taken(narrow: Sidecar, redis_server: RedisServer) -> None:
    assert Caller(narrow)("POST", "/set/k", b"x" * MAX_BODY_BYTES).json() == {"result": "OK"}
    assert redis_server.client().strlen("k") == MAX_BODY_BYTES


@pytest.mark.parametrize("path", ["/set/k", "/keys/k", "/", "/pipeline", "/multi-exec", "/raw-command", "/hashes/h"])
@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 30 * MAX_BODY_BYTES])
def test_larger_body_is_413_that_the_client_can_read_after_it_sent_all(
    narrow: Sidecar, redis_server: RedisServer, path: str, size: int
) -> None:
    answer = Caller(narrow)("POST", path, b"x" * size, {"Content-Type": "application/octet-stream"})
    assert answer.status == 413
    assert answer.error() == f"ERR max request size exceeded. Limit: {MAX_BODY_BYTES} bytes, Actual: {size} bytes"
    assert redis_server.client().dbsize() == 0


def test_larger_body_in_chunks_is_413(narrow: Sidecar, redis_server: RedisServer) -> None:
    connection = http.client.HTTPConnection(narrow.address, timeout=20)
    chunks = (b"x" * 10_000 for _ in range(50))
    connection.request("POST", f"{narrow.base_path}/set/k", chunks, headers(narrow), encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 413
    assert "max request size exceeded" in json.loads(response.read())["error"]
    connection.close()
    assert redis_server.client().dbsize() == 0


def test_connection_after_413_is_either_closed_or_usable(narrow: Sidecar) -> None:
    connection = http.client.HTTPConnection(narrow.address, timeout=20)
    connection.request("POST", f"{narrow.base_path}/set/k", b"x" * (2 * MAX_BODY_BYTES), headers(narrow))
    response = connection.getresponse()
    response.read()
    assert response.status == 413
    # http.client opens a new connection after `Connection: close`, and only then.
    connection.request("GET", f"{narrow.base_path}/ping", headers=headers(narrow))
    assert connection.getresponse().read() == b'{"result":"PONG"}'
    connection.close()


def test_absurd_length_is_413_before_anything_is_sent(narrow: Sidecar) -> None:
    with socket.create_connection(narrow.address.rsplit(":", 1), timeout=20) as client:  # type: ignore[arg-type]
        head = f"POST {narrow.base_path}/set/k HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {narrow.api_key}\r\n"
        client.sendall(f"{head}Content-Length: 999999999999\r\n\r\n".encode())
        assert client.recv(12) == b"HTTP/1.1 413"


@pytest.mark.parametrize("path", ["/pipeline", "/multi-exec"])
def test_batch_of_exactly_the_limit_is_run(narrow: Sidecar, path: str) -> None:
    answer = Caller(narrow).batch(path, *[["INCR", "n"]] * MAX_COMMANDS)
    assert [item["result"] for item in answer.json()] == list(range(1, MAX_COMMANDS + 1))


@pytest.mark.parametrize("path", ["/pipeline", "/multi-exec"])
def test_longer_batch_is_413_and_nothing_of_it_executed(narrow: Sidecar, redis_server: RedisServer, path: str) -> None:
    answer = Caller(narrow).batch(path, *[["INCR", "n"]] * (MAX_COMMANDS + 1))
    assert answer.status == 413
    assert str(MAX_COMMANDS) in answer.error()
    assert redis_server.client().dbsize() == 0


def test_larger_body_without_a_credential_is_not_read_for_nothing(narrow: Sidecar) -> None:
    answer = Caller(narrow)("POST", "/set/k", b"x" * (2 * MAX_BODY_BYTES), authorized=False)
    assert answer.status in (401, 413)
    assert answer.error()


def test_default_takes_ten_megabytes(call: Caller, redis_server: RedisServer) -> None:
    size = 10 * 1024 * 1024
    assert call("POST", "/set/k", b"x" * size).json() == {"result": "OK"}
    assert redis_server.client().strlen("k") == size
    assert call("POST", "/set/k", b"x" * (size + 1)).status == 413
