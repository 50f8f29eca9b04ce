"""What is served where: the base path, what lies beside it, and what lies outside of it."""

import pytest

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar, StartSidecar
from tests.sidecar.calls import Caller


def test_base_path_names_its_instance(call: Caller) -> None:
    for path in ("", "/"):
        answer = call("GET", path)
        assert (answer.status, answer.json()["instance"]) == (200, "test-cache")
        assert "JSON array" in answer.json()["error"]
        docs, openapi = answer.json()["described_at"]
        assert call.at("GET", docs, b"", {}).headers.get_content_type() == "text/html"
        assert call.at("GET", openapi, b"", {}).json()["openapi"].startswith("3.1")


def test_who_has_no_credential_is_refused_and_told_what_describes_the_api(call: Caller) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        refused = call("GET", "", headers=headers, authorized=False)
        assert (refused.status, refused.error().partition("; ")[2]) == (401, "/instances/test-cache/docs describes this API")
        assert "docs" not in call("GET", "/get/k", headers=headers, authorized=False).error()


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/instances",
        "/instances/",
        "/instances/test-cach",
        "/instances/test-cache2",
        "/instances/test-cache2/get/k",
        "/instances/other/get/k",
        "/instances/test-cache%2Fget",
        "/instances/TEST-CACHE/get/k",
        "/instances//test-cache/get/k",
        "/get/k",
        "/keys/k",
        "/favicon.ico",
        "/instances/x/../test-cache/get/k",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD"])
def test_path_without_an_instance_is_404(call: Caller, sidecar: Sidecar, method: str, target: str) -> None:
    answer = call.at(method, target, b"[]", {"Authorization": f"Bearer {sidecar.api_key}"})
    assert answer.status == 404
    assert answer.headers.get_content_type() == "application/json"
    if method != "HEAD":
        assert answer.error()


def test_custom_base_path_is_served(redis_server: RedisServer, start_sidecar: StartSidecar) -> None:
    caller = Caller(start_sidecar(redis_server, KUBEREDIS_BASE_PATH="/redis/one"))
    assert caller("GET", "/ping").json() == {"result": "PONG"}
    assert caller.at("GET", "/instances/test-cache/ping").status == 404


@pytest.mark.every_server
def test_redis_is_reached_by_its_unix_socket(redis_server: RedisServer, start_sidecar: StartSidecar) -> None:
    caller = Caller(start_sidecar(redis_server, KUBEREDIS_REDIS_URL=redis_server.socket_url))
    assert caller.command("SET", "k", "by socket").json() == {"result": "OK"}
    assert redis_server.client().get("k") == b"by socket"
    assert any("U" in client["flags"] for client in redis_server.client().client_list()), "U marks connections by socket"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_health_is_beside_the_base_path_and_open(call: Caller, path: str) -> None:
    assert call.at("GET", path).status == 200
    assert call.at("HEAD", path).body == b""
    assert call("GET", path).status == 400, "below the base path it is a command that there is not"


def test_sidecar_is_alive_but_not_ready_without_redis(redis_server: RedisServer, start_sidecar: StartSidecar) -> None:
    sidecar = start_sidecar(redis_server, ready=False, KUBEREDIS_REDIS_URL="redis://127.0.0.1:1")
    caller = Caller(sidecar)
    assert caller.at("GET", "/livez").status == 200
    readiness = caller.at("GET", "/readyz")
    assert (readiness.status, list(readiness.json())) == (503, ["error"])
    answer = caller.command("GET", "k")
    assert (answer.status, "Retry-After" in answer.headers) == (503, True)


@pytest.mark.every_server
def test_wrong_redis_password_is_reported_by_readiness_and_repeated_nowhere(
    redis_server: RedisServer, start_sidecar: StartSidecar, tmp_path_factory: pytest.TempPathFactory
) -> None:
    wrong = tmp_path_factory.mktemp("wrong") / "password"
    wrong.write_text("hunter2")
    sidecar = start_sidecar(redis_server, ready=False, KUBEREDIS_REDIS_PASSWORD_FILE=str(wrong))
    readiness = Caller(sidecar).at("GET", "/readyz")
    assert readiness.status == 503
    assert "WRONGPASS" in readiness.error()
    assert "hunter2" not in readiness.error() + str(sidecar.logs()) + sidecar.errors()
