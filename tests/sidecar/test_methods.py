"""HEAD, PUT, and methods that there are not."""

import http.client

import pytest

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.sidecar.calls import Caller

pytestmark = pytest.mark.usefixtures("flushed")


@pytest.mark.parametrize(
    "path", ["/keys/k", "/keys/nobody", "/hashes/h/f", "/get/k", "/nosuch", "", "/", "/openapi.json", "/docs", "/keys/a/b", "/keys/large"]
)
def test_head_is_get_without_the_body(call: Caller, redis_server: RedisServer, path: str) -> None:
    redis_server.client().set("k", "some value")
    redis_server.client().hset("h", "f", "v")
    # It is sent in pieces, so that its length is not known.
    redis_server.client().set("large", b"x" * 2 * 1024 * 1024)
    head, get = call("HEAD", path), call("GET", path)
    assert head.status == get.status
    assert head.body == b""
    assert get.body
    for name in ("Content-Type", "Content-Length", "Transfer-Encoding"):
        assert head.headers.get(name) == get.headers.get(name)


def test_connection_serves_on_after_a_head(sidecar: Sidecar, redis_server: RedisServer) -> None:
    redis_server.client().set("k", "v")
    connection = http.client.HTTPConnection(sidecar.address, timeout=10)
    headers = {"Authorization": f"Bearer {sidecar.api_key}"}
    answers = []
    for method in ("HEAD", "GET", "HEAD", "GET"):
        connection.request(method, f"{sidecar.base_path}/get/k", headers=headers)
        answers.append(connection.getresponse().read())
    connection.close()
    assert answers == [b"", b'{"result":"v"}'] * 2


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "", {"GET", "POST"}),
        ("DELETE", "/", {"GET", "POST"}),
        ("PATCH", "/", {"GET", "POST"}),
        ("DELETE", "/get/k", {"GET", "HEAD", "POST", "PUT"}),
        ("PATCH", "/set/k/v", {"GET", "HEAD", "POST", "PUT"}),
        ("OPTIONS", "/set/k/v", {"GET", "HEAD", "POST", "PUT"}),
        ("TRACE", "/set/k/v", {"GET", "HEAD", "POST", "PUT"}),
        ("GET", "/pipeline", {"POST"}),
        ("DELETE", "/pipeline", {"POST"}),
        ("GET", "/multi-exec", {"POST"}),
        ("DELETE", "/subscribe/c", {"POST"}),
        ("PATCH", "/psubscribe/c", {"POST"}),
        ("DELETE", "/monitor", {"POST"}),
        ("PATCH", "/keys/k", {"GET", "POST", "DELETE"}),
        ("GET", "/hashes/h", {"POST"}),
        ("DELETE", "/hashes/h", {"POST"}),
        ("POST", "/hashes/h/f", {"GET"}),
        ("DELETE", "/hashes/h/f", {"GET"}),
        ("GET", "/raw-command", {"POST"}),
        ("PUT", "/raw-command", {"POST"}),
        ("POST", "/openapi.json", {"GET"}),
        ("POST", "/docs", {"GET"}),
    ],
)
def test_unsupported_method_is_405_with_the_supported_ones(
    call: Caller, redis_server: RedisServer, method: str, path: str, allowed: set[str]
) -> None:
    answer = call(method, path, b'["SET", "k", "v"]')
    assert answer.status == 405
    assert answer.error()
    assert {word.strip() for word in answer.headers["Allow"].split(",")} >= allowed
    assert method not in answer.headers["Allow"].split(", ")
    assert redis_server.client().dbsize() == 0


@pytest.mark.parametrize("method", ["BREW", "get", "G"])
def test_method_that_is_not_of_http_is_refused(call: Caller, redis_server: RedisServer, method: str) -> None:
    answer = call(method, "/set/k/v")
    assert answer.status in (400, 405, 501)
    assert answer.error()
    assert redis_server.client().dbsize() == 0
