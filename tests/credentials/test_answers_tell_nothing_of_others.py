"""What an answer says beyond its result: nothing of what others do, and nothing that a cache or a browser may keep or guess."""

import hashlib

import httpx
import pytest

from tests.faults.traffic import client_of
from tests.harness.sidecar import Sidecar

IDS = ("x-request-id", "upstash-sync-token")
UPSTASH_SCRIPT = "#!lua flags=allow-key-locking\nreturn 'of upstash'"
REDIS_SHA1 = hashlib.sha1(b"#!lua\nreturn 'of upstash'", usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("headers", [{}, {"Expect": "100-continue"}], ids=["fast path", "Sanic"])
@pytest.mark.parametrize("name", IDS)
def test_ids_do_not_count_the_requests_of_others(http: httpx.Client, headers: dict[str, str], name: str) -> None:
    values = [http.get("/echo/a", headers=headers).headers[name] for _ in range(40)]
    assert len({len(value) for value in values}) == 1
    # No part of an id follows from that of another: each digit takes nearly every value.
    assert all(len(set(digits)) > 6 for digits in zip(*values, strict=True))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/echo/a", 200),
        ("POST", "/keys/k", 200),
        ("GET", "/keys/nosuch", 404),
        ("POST", "/pipeline", 400),
        ("POST", "/subscribe/news", 200),
        ("GET", "/keys/a%zz", 400),
        ("PATCH", "/keys/k", 405),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"TE": "trailers"}], ids=["fast path", "Sanic"])
def test_answers_to_a_credential_are_stored_nowhere(
    http: httpx.Client, method: str, path: str, status: int, headers: dict[str, str]
) -> None:
    body = b'{"value": "v"}' if path.startswith("/keys") and method == "POST" else None
    with http.stream(method, path, content=body, headers=headers) as answer:
        assert answer.status_code == status
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/nosuch", "{base}/docs", "{base}/openapi.json", "{base}/echo/a"])
def test_no_type_of_an_answer_is_guessed(sidecar: Sidecar, path: str) -> None:
    with httpx.Client(base_url=sidecar.origin, trust_env=False) as stranger:
        answer = stranger.get(path.replace("{base}", sidecar.base_path))
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


@pytest.mark.usefixtures("flushed")
def test_value_that_equals_the_sha1_of_a_script_is_left_as_it_is(sidecar: Sidecar) -> None:
    with client_of(sidecar, sidecar.api_key) as http:
        http.post("/", json=["SET", "k", REDIS_SHA1])
        original = hashlib.sha1(UPSTASH_SCRIPT.encode(), usedforsecurity=False).hexdigest()
        load = ["SCRIPT", "LOAD", UPSTASH_SCRIPT]
        assert http.post("/", json=load).json() == {"result": original}
        assert http.post("/", json=["GET", "k"]).json() == {"result": REDIS_SHA1}
        assert http.get("/get/k").json() == {"result": REDIS_SHA1}
        assert http.post("/raw-command", json={"command": "GET", "args": ["k"]}).json() == {"result": REDIS_SHA1}
        assert http.post("/raw-command", json={"command": "SCRIPT", "args": load[1:]}).json() == {"result": original}
        for path in ("/pipeline", "/multi-exec"):
            answer = http.post(path, json=[["GET", "k"], load, ["EVALSHA", original, 0], ["ECHO", REDIS_SHA1]])
            assert [item["result"] for item in answer.json()] == [REDIS_SHA1, original, "of upstash", REDIS_SHA1]
