"""Requests from web pages of other origins: off by default, allowed by a setting."""

import pytest

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar, StartSidecar
from tests.http_paths.exchange import Conversation
from tests.sidecar.calls import Answer, Caller
from tests.sidecar.events import EventStream

APP = "https://app.example.com"
PREFLIGHT = {
    "Origin": APP,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,upstash-encoding,upstash-sync-token",
}


@pytest.fixture(scope="module")
def open_to_app(redis_server: RedisServer, start_sidecar: StartSidecar) -> Sidecar:
    """A sidecar that two origins may use."""
    return start_sidecar(redis_server, KUBEREDIS_CORS_ORIGINS=f"{APP}, http://localhost:3000")


@pytest.fixture(scope="module")
def open_to_all(redis_server: RedisServer, start_sidecar: StartSidecar) -> Sidecar:
    """A sidecar that every origin may use."""
    return start_sidecar(redis_server, KUBEREDIS_CORS_ORIGINS="*")


def values(answer: Answer, name: str) -> set[str]:
    return {value.strip().lower() for value in (answer.headers[name] or "").split(",")}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_by_default_no_page_may_read_an_answer(call: Caller, method: str) -> None:
    answer = call(method, "/ping", headers={"Origin": APP})
    assert answer.status == 200
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_by_default_a_preflight_allows_nothing(call: Caller) -> None:
    answer = call("OPTIONS", "/pipeline", headers=PREFLIGHT)
    assert answer.status == 405
    assert answer.error()
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("path", ["", "/", "/pipeline", "/keys/k", "/get/k", "/subscribe/c"])
def test_preflight_of_an_allowed_origin_needs_no_credential(open_to_app: Sidecar, path: str) -> None:
    answer = Caller(open_to_app)("OPTIONS", path, headers=PREFLIGHT, authorized=False)
    assert answer.status in (200, 204)
    assert answer.body == b""
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert values(answer, "Access-Control-Allow-Methods") >= {"delete", "get", "head", "post", "put"}
    assert values(answer, "Access-Control-Allow-Headers") >= {"authorization", "upstash-encoding", "upstash-sync-token"}


@pytest.mark.parametrize("origin", [APP, "http://localhost:3000"])
@pytest.mark.parametrize(
    ("path", "authorized", "status"), [("/ping", True, 200), ("/nosuch", True, 400), ("/ping", False, 401), ("/keys/k", True, 404)]
)
def test_page_of_an_allowed_origin_may_read_every_answer(
    open_to_app: Sidecar, origin: str, path: str, authorized: bool, status: int
) -> None:
    answer = Caller(open_to_app)("GET", path, headers={"Origin": origin}, authorized=authorized)
    assert answer.status == status
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "origin" in values(answer, "Vary")
    assert "upstash-sync-token" in values(answer, "Access-Control-Expose-Headers")


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", "http://app.example.com", f"{APP}.evil.example", f"{APP}:8443", "null", APP.upper(), ""]
)
def test_page_of_another_origin_may_not(open_to_app: Sidecar, origin: str) -> None:
    caller = Caller(open_to_app)
    preflight = caller("OPTIONS", "/pipeline", headers=PREFLIGHT | {"Origin": origin}, authorized=False)
    answer = caller("GET", "/ping", headers={"Origin": origin})
    assert answer.status == 200
    for refused in (preflight, answer):
        assert not [name for name in refused.headers if name.lower().startswith("access-control-")]
        assert "origin" in values(refused, "Vary")


@pytest.mark.parametrize("origin", [APP, "http://anything.example"])
def test_star_lets_every_page_read(open_to_all: Sidecar, origin: str) -> None:
    caller = Caller(open_to_all)
    preflight = caller("OPTIONS", "/pipeline", headers=PREFLIGHT | {"Origin": origin}, authorized=False)
    answer = caller("GET", "/ping", headers={"Origin": origin})
    assert preflight.headers["Access-Control-Allow-Origin"] in ("*", origin)
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", origin)


PREVIEW = "https://my-app-git-main.vercel.app"
REFUSED: dict[str, tuple[bytes, int]] = {
    "no credential": (b"GET {base}/ping HTTP/1.1\r\n{origin}\r\n", 401),
    "a body over the limit": (b"POST {base}/set/k HTTP/1.1\r\n{origin}{key}Content-Length: 9999\r\n\r\n" + 9999 * b"a", 413),
    "JSON that is none": (b"POST {base} HTTP/1.1\r\n{origin}{key}Content-Length: 1\r\n\r\n[", 400),
    "an encoding that is not known": (b"POST {base} HTTP/1.1\r\n{origin}{key}Content-Encoding: br\r\nContent-Length: 1\r\n\r\n[", 415),
    "a chunk that is none": (b"POST {base} HTTP/1.1\r\n{origin}{key}Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "a method that is not known": (b"PATCH {base}/keys/k HTTP/1.1\r\n{origin}{key}\r\n", 405),
    "an escape that is none": (b"GET {base}/get/%zz HTTP/1.1\r\n{origin}{key}\r\n", 400),
    "a path of no instance": (b"GET /elsewhere HTTP/1.1\r\n{origin}\r\n", 404),
    "a method that health does not have": (b"POST /livez HTTP/1.1\r\n{origin}Content-Length: 0\r\n\r\n", 405),
    "a space before a colon": (b"GET {base}/ping HTTP/1.1\r\n{origin}A : b\r\n\r\n", 400),
    "a request line that is none": (b"GET\r\n{origin}\r\n", 400),
    "a head over the limit": (b"GET {base}/ping HTTP/1.1\r\n{origin}A: " + 70_000 * b"a" + b"\r\n\r\n", 431),
    "a target over the limit": (b"GET {base}/get/" + 70_000 * b"a" + b" HTTP/1.1\r\n{origin}{key}\r\n", 414),
}


@pytest.fixture(scope="module")
def open_to_previews(redis_server: RedisServer, start_sidecar: StartSidecar) -> Sidecar:
    """A sidecar that every preview of an application may use."""
    return start_sidecar(redis_server, KUBEREDIS_CORS_ORIGINS="https://*.vercel.app", KUBEREDIS_MAX_BODY_BYTES="1024")


@pytest.mark.parametrize("case", REFUSED)
def test_page_may_read_why_it_was_refused_whoever_refused_it(open_to_previews: Sidecar, case: str) -> None:
    template, status = REFUSED[case]
    for origin, allowed in ((PREVIEW, True), ("https://a.b.vercel.app", False)):
        fields = {b"{base}": open_to_previews.base_path, b"{origin}": f"Host: x\r\nOrigin: {origin}\r\n"}
        fields[b"{key}"] = f"Authorization: Bearer {open_to_previews.api_key}\r\n"
        raw = template
        for name, value in fields.items():
            raw = raw.replace(name, value.encode())
        with Conversation(open_to_previews.origin) as conversation:
            conversation.send(raw)
            answer = conversation.read_answer()
        assert answer is not None
        assert answer.status == status
        assert answer.header("access-control-allow-origin") == (origin if allowed else None)
        assert answer.header("vary") == "Origin"


def test_cache_between_cannot_mix_up_pages_and_others(open_to_app: Sidecar) -> None:
    assert "origin" in values(Caller(open_to_app)("GET", "/ping"), "Vary")


def test_page_may_read_a_stream(open_to_app: Sidecar) -> None:
    with EventStream(open_to_app, "/subscribe/news", {"Origin": APP}) as stream:
        assert stream.response.headers["Access-Control-Allow-Origin"] == APP
        assert stream.data() == "subscribe,news,1"
