"""How a credential is sent: in the header, bare or as Bearer, or in the query; and what its absence answers."""

import pytest

from tests.harness.redis_server import RedisServer
from tests.harness.tokens import mint_token
from tests.sidecar.calls import Caller

pytestmark = pytest.mark.usefixtures("flushed")

ENDPOINTS = [
    ("GET", ""),
    ("POST", "/"),
    ("POST", "/pipeline"),
    ("POST", "/multi-exec"),
    ("POST", "/subscribe/c"),
    ("POST", "/psubscribe/c"),
    ("POST", "/monitor"),
    ("GET", "/get/k"),
    ("HEAD", "/get/k"),
    ("POST", "/set/k"),
    ("GET", "/keys/k"),
    ("POST", "/keys/k"),
    ("DELETE", "/keys/k"),
    ("POST", "/hashes/h"),
    ("GET", "/hashes/h/f"),
    ("POST", "/raw-command"),
    ("GET", "/nosuch"),
    ("PATCH", "/keys/k"),
]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic dXNlcjpwYXNz", "Bearer wrong wrong", "wrong", "Bearer \xff\xfe"],
)
def test_without_a_good_credential_every_endpoint_is_401(
    call: Caller, redis_server: RedisServer, method: str, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = call(method, path, b'["SET", "k", "v"]', headers, authorized=False)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    if method != "HEAD":
        assert answer.error().startswith("WRONGPASS invalid or missing auth token")
    assert redis_server.client().dbsize() == 0


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   ", ""])
def test_scheme_is_accepted_in_any_letter_case_or_left_out(call: Caller, scheme: str) -> None:
    headers = {"Authorization": f"{scheme}{call.sidecar.api_key}"}
    assert call("GET", "/ping", headers=headers, authorized=False).json() == {"result": "PONG"}


def test_part_of_the_key_is_not_the_key(call: Caller) -> None:
    key = call.sidecar.api_key
    for wrong in (key[:-1], key[1:], key + "x", key.swapcase(), f"{key},{key}"):
        assert call("GET", "/ping", headers={"Authorization": f"Bearer {wrong}"}, authorized=False).status == 401


@pytest.mark.parametrize(("method", "path"), [("GET", "/ping?_token={}"), ("POST", "/ping?_token={}"), ("GET", "/ping?&_token={}&")])
def test_credential_in_the_query_is_accepted(call: Caller, method: str, path: str) -> None:
    assert call(method, path.format(call.sidecar.api_key), authorized=False).json() == {"result": "PONG"}


def test_token_in_the_query_is_accepted(call: Caller) -> None:
    assert call("GET", f"/ping?_token={mint_token(call.sidecar)}", authorized=False).json() == {"result": "PONG"}


def test_credential_in_the_query_wins_over_the_header(call: Caller) -> None:
    assert call("GET", "/ping?_token=wrong").status == 401
    good = f"/ping?_token={call.sidecar.api_key}"
    assert call("GET", good, headers={"Authorization": "Bearer wrong"}, authorized=False).status == 200


def test_reader_in_the_query_may_not_write_with_the_rights_of_the_header(call: Caller, redis_server: RedisServer) -> None:
    reader = mint_token(call.sidecar, scope="read")
    assert call("POST", f"/set/k/v?_token={reader}").status == 403
    assert call("POST", f"/keys/k?_token={reader}", b'{"value": "v"}').status == 403
    assert redis_server.client().dbsize() == 0


@pytest.mark.parametrize("path", ["/pipeline", "/multi-exec", "/", "/raw-command", "/keys/k"])
def test_credential_in_the_query_opens_every_endpoint(call: Caller, path: str) -> None:
    bodies = {"/": b'["PING"]', "/raw-command": b'{"command": "PING"}', "/keys/k": b'{"value": "v"}'}
    answer = call("POST", f"{path}?_token={call.sidecar.api_key}", bodies.get(path, b'[["PING"]]'), authorized=False)
    assert answer.status == 200
