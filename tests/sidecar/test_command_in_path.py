"""Upstash's protocol: one command in the path, with the body and the query as further arguments."""

import pytest

from tests.harness.redis_server import RedisServer
from tests.sidecar.calls import Caller, segment

pytestmark = pytest.mark.usefixtures("flushed")

EVERY_BYTE = bytes(range(256))


def arguments(call: Caller, method: str, path: str, body: bytes | None = None, **headers: str) -> object:
    """The arguments that Redis was given for `path`, by a command that returns all of them."""
    answer = call(method, f"/eval/return%20ARGV/0{path}", body, headers)
    assert answer.status == 200, answer.body
    return answer.json()["result"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_command_is_executed_by_each_method(call: Caller, redis_server: RedisServer, method: str) -> None:
    answer = call(method, "/set/foo/bar")
    assert (answer.status, answer.json()) == (200, {"result": "OK"})
    assert redis_server.client().get("foo") == b"bar"


@pytest.mark.parametrize("name", ["get", "GET", "gEt", "%67et"])
def test_command_name_is_accepted_in_any_letter_case(call: Caller, name: str) -> None:
    assert call("GET", f"/{name}/nobody").json() == {"result": None}


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_documented_example_sets_the_body_with_a_ttl(call: Caller, redis_server: RedisServer, method: str) -> None:
    assert call(method, "/set/foo?EX=100", b"the body").json() == {"result": "OK"}
    assert redis_server.client().get("foo") == b"the body"
    assert 0 < redis_server.client().ttl("foo") <= 100


def test_order_is_path_then_body_then_query(call: Caller) -> None:
    assert arguments(call, "POST", "/a/b?c=d&e&f=g", b"body") == ["a", "b", "body", "c", "d", "e", "f", "g"]


@pytest.mark.parametrize(
    ("query", "extra"),
    [
        ("", []),
        ("NX", ["NX"]),
        ("EX=", ["EX", ""]),
        ("a=b=c", ["a", "b=c"]),
        ("x=1&x=2", ["x", "1", "x", "2"]),
        ("a%3Db=c%26d", ["a=b", "c&d"]),
        ("a=b+c", ["a", "b+c"]),
        ("p=%D0%BA", ["p", "к"]),
    ],
)
def test_query_parameters_are_arguments_in_their_order(call: Caller, query: str, extra: list[str]) -> None:
    assert arguments(call, "GET", f"/a?{query}") == ["a", *extra]


def test_token_in_the_query_is_no_argument(call: Caller) -> None:
    key = call.sidecar.api_key
    answer = call("GET", f"/eval/return%20ARGV/0/a?x=1&_token={key}&y", authorized=False)
    assert answer.json() == {"result": ["a", "x", "1", "y"]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a+b", ["a+b"]),
        ("/a%20b", ["a b"]),
        ("/a%2Fb", ["a/b"]),
        ("/a%252Fb", ["a%2Fb"]),
        ("/%3F%23", ["?#"]),
        ("/%00", ["\x00"]),
        ("/%d0%ba", ["к"]),
        ("/a/../b", ["a", "..", "b"]),
        ("/./a", [".", "a"]),
        ("/a;b=c", ["a;b=c"]),
        ("/a/", ["a"]),
        ("/a//", ["a", ""]),
        ("//a", ["", "a"]),
        ("/a//b", ["a", "", "b"]),
    ],
)
def test_each_segment_is_one_argument(call: Caller, path: str, expected: list[str]) -> None:
    assert arguments(call, "GET", path) == expected


def test_slashes_before_the_command_are_folded(call: Caller) -> None:
    assert call("GET", "//echo/a").json() == {"result": "a"}


@pytest.mark.parametrize("data", [EVERY_BYTE, b"\xff", b"\x00", b"/", b"%41", b"%"])
def test_any_bytes_can_be_written_in_the_path(call: Caller, redis_server: RedisServer, data: bytes) -> None:
    assert call("GET", f"/set/{segment(data)}/{segment(data)}").json() == {"result": "OK"}
    assert redis_server.client().get(data) == data


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain; charset=utf-16"])
@pytest.mark.parametrize("data", [EVERY_BYTE, b"a=b&c=%20", b'["GET", "k"]', b"\r\n\r\n", b"x" * 1_000_000])
def test_body_reaches_redis_untouched(call: Caller, redis_server: RedisServer, data: bytes, content_type: str) -> None:
    assert call("POST", "/set/k", data, {"Content-Type": content_type}).json() == {"result": "OK"}
    assert redis_server.client().get("k") == data


def test_empty_body_is_no_argument(call: Caller) -> None:
    assert arguments(call, "POST", "/a", b"") == ["a"]


def test_body_of_a_get_is_no_argument(call: Caller) -> None:
    assert arguments(call, "GET", "/a", b"body") == ["a"]


@pytest.mark.parametrize("path", ["/set/k/%", "/set/k/%4", "/set/k/%zz", "/set/%/v", "/set/k/v?EX=%", "/%/k"])
def test_malformed_escape_is_refused_and_nothing_executed(call: Caller, redis_server: RedisServer, path: str) -> None:
    answer = call("GET", path)
    assert answer.status == 400
    assert "%" in answer.error()
    assert redis_server.client().dbsize() == 0


@pytest.mark.parametrize("path", ["/Pipeline", "/pipelines", "/multi_exec", "/%70ipeline", "/nosuch", "/%20get/a"])
@pytest.mark.every_server
def test_only_the_exact_reserved_names_are_endpoints(call: Caller, path: str) -> None:
    answer = call("POST", path, b'[["PING"]]')
    assert answer.status == 400
    assert answer.error().startswith("ERR unknown command")


@pytest.mark.parametrize("name", ["SUBSCRIBE", "Monitor", "multi", "exec", "select", "client", "auth", "hello", "quit", "watch"])
@pytest.mark.every_server
def test_command_that_needs_a_connection_of_its_own_is_refused(call: Caller, name: str) -> None:
    answer = call("GET", f"/{name}/0")
    assert answer.status == 400
    assert answer.error() == f'ERR Command "{name}" is not allowed in REST or it has a special context path'


@pytest.mark.parametrize("path", ["/get", "/get/"])
@pytest.mark.every_server
def test_redis_error_is_passed_on_unchanged(call: Caller, path: str) -> None:
    answer = call("GET", path)
    assert (answer.status, answer.error()) == (400, "ERR wrong number of arguments for 'get' command")


def test_publish_is_an_ordinary_command(call: Caller) -> None:
    assert call("POST", "/publish/nobody-listens/hello").json() == {"result": 0}
