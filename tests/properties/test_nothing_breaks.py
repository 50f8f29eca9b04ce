"""No bytes that a client can send are answered with a 5xx or a broken answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sidecar.calls import Answer, Caller, segment

pytestmark = pytest.mark.every_server

PATHS = st.sampled_from(["/", "/keys/k", "/hashes/h", "/raw-command", "/pipeline", "/multi-exec"])
TYPES = st.sampled_from(["application/json", "application/octet-stream", "application/x-www-form-urlencoded", "", "é/;"])

# A name that runs something else than what is meant here would be a different test.
HARMLESS = ["GET", "SET", "MGET", "ECHO", "HGETALL", "EVAL", "EVALSHA", "LPOP", "ZADD", "XADD", "COMMAND", "INFO", "GEOADD"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(HARMLESS)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["value", "field", "command", "args", "encoding", "ttl_seconds", "x"]), inner)
    ),
    max_leaves=12,
)
ROWS = st.lists(st.lists(SCALARS, max_size=5), max_size=4)

URL_CHARACTERS = st.sampled_from(list("/%?#&=+;:@!$'()*,.-_~abz09")) | st.characters(min_codepoint=0x21, max_codepoint=0x7E)


def is_sound(answer: Answer) -> bool:
    """A status that blames the client or none, and a body that is what it says it is."""
    if answer.headers.get_content_type() == "application/json":
        body = answer.json()
        return answer.status == 200 or (400 <= answer.status < 500 and list(body) == ["error"])
    return answer.status < 500


@given(path=PATHS, content_type=TYPES, body=st.binary(max_size=200))
def test_bodies_of_any_bytes(call: Caller, path: str, content_type: str, body: bytes) -> None:
    assert is_sound(call("POST", path, body, {"Content-Type": content_type.encode().decode("latin-1")}))


@given(path=PATHS, value=JSON | ROWS)
def test_bodies_of_any_json(call: Caller, path: str, value: object) -> None:
    assert is_sound(call("POST", path, json.dumps(value).encode()))


@given(path=PATHS, depth=st.integers(1, 200_000), opening=st.sampled_from("[{"))
def test_bodies_nested_to_any_depth(call: Caller, path: str, depth: int, opening: str) -> None:
    body = "[" * depth + "]" * depth if opening == "[" else '{"value":' * depth + "1" + "}" * depth
    assert is_sound(call("POST", path, body.encode()))


@given(method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]), path=st.text(URL_CHARACTERS, max_size=30))
def test_paths_of_any_characters(call: Caller, method: str, path: str) -> None:
    # The three streams never end; they have properties of their own.
    if not path.lstrip("/").startswith(("subscribe", "psubscribe", "monitor")):
        answer = call(method, "/" + path.replace("#", "%23"))
        assert answer.body == b"" and answer.status < 500 if method == "HEAD" else is_sound(answer)


@given(value=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40))
def test_headers_of_any_value(call: Caller, value: str) -> None:
    names = ("Upstash-Encoding", "Upstash-Response-Format", "Upstash-Sync-Token", "X-Request-Id", "Accept", "traceparent")
    for name in names:
        answer = call("GET", "/get/k", headers={name: value})
        assert is_sound(answer)
        assert answer.headers["X-Request-Id"].isascii()


@given(token=st.text(st.characters(codec="utf-8"), max_size=60) | st.binary(max_size=60))
def test_no_invented_credential_is_accepted(call: Caller, token: str | bytes) -> None:
    data = token.encode() if isinstance(token, str) else token
    assert call("GET", f"/get/k?_token={segment(data)}", authorized=False).status == 401
