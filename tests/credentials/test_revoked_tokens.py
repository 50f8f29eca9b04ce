"""A token that was revoked, or lives longer than its instance allows, opens nothing: no request, no stream, no wait."""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from kuberedis_core.sidecar_environment import MAX_TOKEN_SECONDS
from tests.credentials.forging import claims, forge
from tests.credentials.mounted_secret import MountedSecret
from tests.faults.traffic import client_of
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until

# A revocation must be in force within this many seconds of its file.
SOON = 2.0
HS256 = {"alg": "HS256", "typ": "JWT"}


@pytest.fixture
def secret(tmp_path: Path) -> MountedSecret:
    mounted = MountedSecret(tmp_path)
    mounted.put(api_key=secrets.token_urlsafe(32))
    return mounted


@pytest.fixture
def own(secret: MountedSecret, redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    return start_sidecar(redis_server, KUBEREDIS_AUTH_DIR=str(secret.folder))


@pytest.fixture
def leaked(own: Sidecar) -> Iterator[httpx.Client]:
    """A client whose token will be revoked."""
    with client_of(own, mint_token(own, **claims(own, jti="leaked")), timeout=10) as http:
        yield http


def revoke(secret: MountedSecret, own: Sidecar, *lines: str) -> None:
    secret.put(api_key=own.api_key, revoked_jti="".join(f"{line}\n" for line in lines))


def test_revoked_token_is_refused_soon_and_no_other(secret: MountedSecret, own: Sidecar, leaked: httpx.Client) -> None:
    with client_of(own, mint_token(own, **claims(own, jti="leaked2"))) as other:
        assert (leaked.get("/echo/a").status_code, other.get("/echo/a").status_code) == (200, 200)
        revoke(secret, own, "old 1", f"leaked {int(time.time()) + 60}")
        wait_until(lambda: leaked.get("/echo/a").status_code == 401, limit_seconds=SOON)
        assert "revoked" in leaked.get("/echo/a").json()["error"]
        assert other.get("/echo/a").status_code == 200
    # A rotation of the key keeps the list.
    secret.put(api_key=secrets.token_urlsafe(32), api_key_previous=own.api_key, revoked_jti="leaked")
    wait_until(lambda: any(line.get("event") == "key_changed" for line in own.logs()), limit_seconds=SOON)
    assert leaked.get("/echo/a").status_code == 401


def test_stream_of_a_revoked_token_ends_soon(secret: MountedSecret, own: Sidecar, leaked: httpx.Client) -> None:
    with leaked.stream("POST", "/subscribe/news") as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line) == "data: subscribe,news,1"
        revoked_at = time.monotonic()
        revoke(secret, own, "leaked")
        assert "event: close" in [line for line in lines if line]
    assert time.monotonic() - revoked_at < SOON


def test_wait_of_a_revoked_token_ends_soon_and_nothing_behind_it_is_executed(
    secret: MountedSecret, own: Sidecar, leaked: httpx.Client, database: redis.Redis
) -> None:
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(leaked.post, "/pipeline", json=[["BLPOP", "nothing", "0"], ["SET", "written", "late"]])
        wait_until(lambda: any(client["cmd"] == "blpop" for client in database.client_list()))
        revoked_at = time.monotonic()
        revoke(secret, own, "leaked")
        answer = waiting.result()
    assert time.monotonic() - revoked_at < SOON
    assert "revoked" in answer.text
    assert not database.exists("written")


@pytest.fixture(scope="module")
def strict(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """A sidecar that accepts tokens for a minute."""
    return start_sidecar(redis_server, **{MAX_TOKEN_SECONDS: "60"})


@pytest.mark.parametrize(
    ("age", "lifetime", "status"),
    [(0, 60, 200), (30, 60, 200), (0, 61, 401), (30, 90, 401), (0, 2**31, 401), (-30, 60, 401), (None, 30, 401)],
)
def test_token_that_lives_longer_than_its_instance_allows_is_refused(strict: Sidecar, age: int | None, lifetime: int, status: int) -> None:
    now = int(time.time())
    times: dict[str, Any] = {"exp": now + lifetime} if age is None else {"iat": now - age, "exp": now - age + lifetime}
    with client_of(strict, mint_token(strict, **times)) as http:
        answer = http.get("/echo/a")
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("exp", ['"{}"', "[{}]", "true", "1e400", "{}e300", "null"])
def test_expiry_that_is_no_plain_number_is_refused(sidecar: Sidecar, exp: str) -> None:
    payload = '{"aud": "%s", "exp": %s}' % (sidecar.instance, exp.replace("{}", str(int(time.time()) + 60)))  # noqa: UP031 braces
    with client_of(sidecar, forge(HS256, payload, sidecar.api_key)) as http:
        assert http.get("/echo/a").status_code == 401
