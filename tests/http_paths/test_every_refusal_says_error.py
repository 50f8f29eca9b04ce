"""Whatever the reason of a refusal, and whichever endpoint and HTTP path it comes from: its body has ``error``, for half of all clients
written by hand read nothing else, and the other half only ``result``.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from kuberedis_sidecar.openapi.contents import BODIES, PARAMETERS
from kuberedis_sidecar.openapi.operations import OPERATIONS, Operation
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until

MAX_BODY_BYTES = 65_536
WRITES = ("setKey", "setField", "command", "transaction", "postCommand1", "postCommand2")


@pytest.fixture(scope="module")
def redis_server(own_redis_server: RedisServer) -> RedisServer:
    """A server of this module's own: it becomes full, and goes away."""
    return own_redis_server


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast", "sanic"])
def refusing(request: pytest.FixtureRequest, redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar on one of the two HTTP paths that has room for one stream."""
    return start_sidecar(
        redis_server,
        KUBEREDIS_FAST_PATH=request.param,
        KUBEREDIS_MAX_BODY_BYTES=str(MAX_BODY_BYTES),
        KUBEREDIS_MAX_SUBSCRIBERS="1",
        KUBEREDIS_MAX_PIPELINE_COMMANDS="3",
    )


@pytest.fixture(scope="module")
def http(refusing: Sidecar) -> Iterator[httpx.Client]:
    """A client that holds its key."""
    headers = {"Authorization": f"Bearer {refusing.api_key}"}
    with httpx.Client(base_url=refusing.url, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def full(redis_server: RedisServer) -> Iterator[None]:
    """A Redis whose memory is used up."""
    redis_server.client().config_set("maxmemory", "1")
    yield
    redis_server.client().config_set("maxmemory", "0")


@pytest.fixture
def crashed(redis_server: RedisServer, refusing: Sidecar) -> Iterator[None]:
    """A Redis that is not there."""
    redis_server.kill()
    wait_until(lambda: not refusing.is_ready(), what="the sidecar's notice")
    yield
    redis_server.restart()
    refusing.wait_until_ready()


def operations(*ids: str, private: bool = False, body: bool = False, stream: bool | None = None) -> list[Operation]:
    """The rows of the OpenAPI document, all or some."""
    return [
        row
        for row in OPERATIONS
        if (not ids or row.id.removesuffix("Put").removesuffix("Head") in ids)
        and not (private and row.public)
        and not (body and not row.body_required)
        and (stream is None or row.is_stream == stream)
    ]


def send(http: httpx.Client, row: Operation, content: bytes | None = None, token: str | None = None, method: str = "") -> httpx.Response:
    """Send a row's example, or other bytes as its body; a stream that is opened is closed again."""
    path = row.path
    examples = iter(row.example)
    for name in PARAMETERS:
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", quote(str(next(examples, PARAMETERS[name]["example"])), safe=""))
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    options: dict[str, Any] = {"content": content}
    if row.body and content is None:
        (kind, media), *_ = BODIES[row.body].items()
        (example, *_) = media["examples"].values()  # type: ignore[index]
        options = {"json": example["value"]} if "json" in kind else {"content": example["value"]}
    with http.stream(method or row.method, path, headers=headers, **options) as answer:
        if answer.status_code >= 400 or not row.is_stream:
            answer.read()
        return answer


def expect(answer: httpx.Response, row: Operation, *statuses: int) -> None:
    """One of these statuses and `error`, as the only member; in the result of a pipeline, in each item."""
    if row.path == "/pipeline" and answer.status_code == 200:
        assert all(list(item) == ["error"] for item in answer.json()), answer.json()
        return
    assert answer.status_code in statuses, (row.id, answer.status_code)
    if answer.request.method != "HEAD":
        body = answer.json()
        assert list(body) == ["error"], body
        assert isinstance(body["error"], str)
        assert body["error"]


def test_without_a_credential(http: httpx.Client) -> None:
    for row in operations(private=True):
        for token in ("wrong", "e30.e30.e30"):
            expect(send(http, row, token=token), row, 401)


def test_without_a_permission(http: httpx.Client, refusing: Sidecar) -> None:
    token = mint_token(refusing, acl="-@all")
    for row in operations(private=True):
        if row.tag != "About":
            expect(send(http, row, token=token), row, 403)


def test_bad_body(http: httpx.Client) -> None:
    for row in operations(body=True):
        if row.body:
            for content in (b"", b"{", b"null", b"\xff", b"[" * 10_000, b'[["GET", {}]]', b'{"value": {}}', b'{"command": null}'):
                expect(send(http, row, content), row, 400)


def test_too_large(http: httpx.Client) -> None:
    for row in operations():
        if row.body:
            expect(send(http, row, b"x" * (MAX_BODY_BYTES + 1)), row, 413)
    for row in operations("pipeline", "transaction"):
        expect(send(http, row, b'[["PING"],["PING"],["PING"],["PING"]]'), row, 413)


def test_method_that_there_is_not(http: httpx.Client) -> None:
    for row in operations():
        for method in ("PATCH", "OPTIONS", *(() if row.path == "/keys/{key}" else ("DELETE",))):
            answer = send(http, row, method=method)
            expect(answer, row, 405)
            assert answer.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/keys/a/b", "/keys/a*", "/hashes/a/b/c", "/hashes/h/nobody", "/pipeline/x", "/openapi.json/x", "/monitor/x"]
)
def test_what_there_is_not(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


@pytest.mark.parametrize(
    "path", ["/", "/instances", "/instances/another/keys/k", "/livez/x", "/nosuch", "/instances/test-cache2/get/k", "/%"]
)
def test_what_there_is_not_outside_of_the_instance(refusing: Sidecar, path: str) -> None:
    answer = httpx.get(refusing.origin + path, trust_env=False)
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


def test_more_streams_than_there_is_room_for(http: httpx.Client) -> None:
    with http.stream("GET", "/subscribe/news") as first:
        assert first.status_code == 200
        for row in operations(stream=True):
            expect(send(http, row), row, 429)


@pytest.mark.usefixtures("full")
def test_redis_is_full(http: httpx.Client) -> None:
    for row in operations(*WRITES):
        if row.body:
            expect(send(http, row), row, 507)


@pytest.mark.usefixtures("crashed")
def test_redis_is_away(http: httpx.Client) -> None:
    for row in operations(private=True):
        if row.tag != "About":
            answer = send(http, row)
            expect(answer, row, 503)
            assert answer.headers["Retry-After"]
