"""No key, token or password shows in a log, an error, a metric, a command line or an environment."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.credentials.conftest import rules_of_grants
from tests.credentials.entrances import ENTRANCES
from tests.credentials.forging import claims, sha256
from tests.faults.traffic import ask_outside, client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token

pytestmark = pytest.mark.every_server


@pytest.fixture(scope="module")
def redis_server(own_redis_server: RedisServer) -> RedisServer:
    """A server of this module's own: it is killed."""
    return own_redis_server


@pytest.fixture(scope="module")
def talkative(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar that logs as much as it can."""
    return start_sidecar(redis_server, KUBEREDIS_LOG_LEVEL="debug", KUBEREDIS_ACCESS_LOG="true")


def test_no_secret_shows_anywhere(talkative: Sidecar, redis_server: RedisServer) -> None:
    password = Path(redis_server.password_file).read_text().strip()
    token = mint_token(talkative, **claims(talkative, acl="~user:*"))
    wrong = "a-wrong-key-that-somebody-typed-0123456789"
    bearers = [talkative.api_key, token, token[:-3], wrong]
    shown = [exchange for bearer in bearers for exchange in provoke(talkative, bearer)]
    redis_server.kill()
    shown += [exchange for bearer in bearers for exchange in provoke(talkative, bearer)]
    redis_server.restart()
    talkative.wait_until_ready()
    shown.append(ask_outside(talkative, "/metrics").text)
    shown.append(ask_outside(talkative, "/readyz").text)
    shown.append(everything_logged(talkative))
    process = Path(f"/proc/{talkative.pid}")
    shown += [(process / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ")]
    assert talkative.instance in everything_logged(talkative)
    for secret in [*bearers, token.rsplit(".", 1)[1], password, sha256(talkative.api_key), sha256(password)]:
        assert [text for text in shown if secret in text] == []


def everything_logged(sidecar: Sidecar) -> str:
    return json.dumps(sidecar.logs(), ensure_ascii=False) + sidecar.errors()


def provoke(sidecar: Sidecar, bearer: str) -> list[str]:
    """All headers and bodies of answers to requests of every kind, good and bad."""
    with client_of(sidecar, bearer) as http:
        answers = [
            http.get("/keys/user:1"),
            http.get("/keys/%zz"),
            http.get("/nowhere/at/all"),
            http.request("PATCH", "/keys/user:1"),
            http.post("/keys/user:1", content=b"{"),
            http.post("/hashes/user:1", json={"field": "f", "value": "v"}),
            http.get("/get/user:1", params={"_token": bearer}),
            http.get("/get/user:1", params={"_token": bearer + "x"}),
            http.get("/keys/user:1", headers={"Authorization": f"Basic {bearer}"}),
            http.get(sidecar.origin + "/elsewhere", params={"_token": bearer}),
            *(entrance(http, ["ACL", "LIST"]) for entrance in ENTRANCES.values()),
            *(entrance(http, ["CLIENT", "LIST"]) for entrance in ENTRANCES.values()),
            *(entrance(http, ["CONFIG", "GET", "requirepass"]) for entrance in ENTRANCES.values()),
        ]
    return [f"{answer.headers}\n{answer.text}" for answer in answers]


def test_password_of_a_grant_is_not_in_the_rules_as_plain_text(talkative: Sidecar, redis_server: RedisServer) -> None:
    with client_of(talkative, talkative.api_key) as http:
        assert http.get("/echo/hello").status_code == 200
    rules = rules_of_grants(redis_server.client())
    assert rules
    assert not any(" nopass " in rule for rule in rules)


@pytest.mark.parametrize("content", ["", "short-secret", "\n"], ids=repr)
def test_sidecar_without_a_usable_key_refuses_to_start_with_a_reason_that_does_not_reveal_it(tmp_path: Path, content: str) -> None:
    (tmp_path / "api_key").write_text(content)
    process = subprocess.run(
        [sys.executable, "-m", "kuberedis_sidecar"],
        env={
            "PATH": "",
            "KUBEREDIS_INSTANCE": "none",
            "KUBEREDIS_LISTEN": "127.0.0.1:0",
            "KUBEREDIS_AUTH_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert process.returncode == 2
    assert "KUBEREDIS_AUTH_DIR" in process.stderr
    assert "api_key" in process.stderr
    assert "Traceback" not in process.stderr
    assert not content.strip() or content not in process.stdout + process.stderr
