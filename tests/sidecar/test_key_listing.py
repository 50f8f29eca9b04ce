"""Listing keys: `GET /keys`."""

import base64

import pytest

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.sidecar.calls import Caller

pytestmark = [pytest.mark.usefixtures("flushed"), pytest.mark.every_server]


def test_every_key_that_matches_is_listed(call: Caller, redis_server: RedisServer) -> None:
    redis_server.client().mset({f"{kind}:{number}": "v" for kind in ("user", "other") for number in range(500)})
    found: list[str] = []
    cursor, answers = "0", 0
    while answers == 0 or cursor != "0":
        answer = call("GET", f"/keys?match=user:*&cursor={cursor}&count=100").json()
        assert sorted(answer) == ["cursor", "keys"]
        cursor, answers = answer["cursor"], answers + 1
        found += answer["keys"]
    assert set(found) == {f"user:{number}" for number in range(500)}
    assert answers > 5


def test_keys_that_are_not_utf8_are_listed_in_base64(call: Caller, redis_server: RedisServer) -> None:
    redis_server.client().mset({b"a\xff": "v", b"b": "v"})
    answer = call("GET", "/keys").json()
    assert (answer["cursor"], answer["encoding"]) == ("0", "base64")
    assert {base64.b64decode(key) for key in answer["keys"]} == {b"a\xff", b"b"}
    assert call("GET", "/keys?match=b").json() == {"cursor": "0", "keys": ["b"]}


def test_token_for_some_keys_may_not_list_any_and_is_told_so(call: Caller, sidecar: Sidecar, redis_server: RedisServer) -> None:
    redis_server.client().mset({"user:1": "v", "other": "v"})

    def listed(acl: str, path: str = "/keys") -> tuple[int, object]:
        answer = call("GET", path, headers={"Authorization": f"Bearer {mint_token(sidecar, scope='read', acl=acl)}"})
        return answer.status, answer.json()

    for acl in ("~user:*", "~user:* +@all", "+get"):
        status, body = listed(acl, "/keys?match=user:*")
        assert status == 403
        assert isinstance(body, dict)
        assert body["error"].startswith("NOPERM this credential may not list keys: ")
    assert listed("+@read")[0] == 200


def test_missing_key_that_looks_like_a_pattern_says_how_to_list_keys(call: Caller) -> None:
    answer = call("GET", "/keys/user:*")
    assert answer.status == 404
    assert answer.error().endswith("GET /keys?match=user:*")
