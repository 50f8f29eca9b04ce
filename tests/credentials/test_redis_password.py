"""The password of Redis is rotated, or introduced, without a refused request; afterwards the one before opens nothing."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from tests.credentials.forging import claims
from tests.credentials.mounted_secret import MountedSecret
from tests.faults.traffic import client_of
from tests.harness.load import Requests, load, wait_for_requests
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar, StartSidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def redis_server(own_redis_server: RedisServer) -> RedisServer:
    return own_redis_server


@pytest.fixture
def secret(tmp_path: Path) -> MountedSecret:
    folder = tmp_path / "redis"
    folder.mkdir()
    return MountedSecret(folder)


@pytest.fixture
def start(redis_server: RedisServer, start_sidecar: StartSidecar, secret: MountedSecret, tmp_path: Path) -> Iterator[Callable[[], Sidecar]]:
    """Starts a sidecar that ends with its test: it would apply its passwords to the server of the next one."""
    settings = tmp_path / "live.json"
    settings.write_text("{}")
    with ExitStack() as ends:

        def start() -> Sidecar:
            sidecar = start_sidecar(
                redis_server,
                KUBEREDIS_REDIS_PASSWORD_FILE=str(secret.folder / "password"),
                KUBEREDIS_REDIS_SETTINGS_FILE=str(settings),
                KUBEREDIS_ACCESS_LOG="false",
            )
            ends.callback(sidecar.end)
            return sidecar

        yield start


def opens(server: RedisServer, password: str | None) -> bool:
    try:
        with redis.Redis(port=server.port, password=password) as client:
            return bool(client.ping())
    except redis.AuthenticationError:
        return False


def of_new_grants(sidecar: Sidecar) -> Requests:
    """Requests that need new logins to Redis, each of a new grant."""
    for number in itertools.count(1):
        token = mint_token(sidecar, **claims(sidecar, acl=f"~key:{number} +@all"))
        with client_of(sidecar, token) as http:
            yield http.get(f"/get/key:{number}").status_code


def of_blocking_commands(sidecar: Sidecar) -> Requests:
    """Requests that need new logins to Redis, because their commands may block."""
    with client_of(sidecar) as http:
        while True:
            yield http.post("", json=["BLPOP", "nothing", "0.01"]).status_code


def test_a_rotation_refuses_no_request_and_ends_the_old_password(
    redis_server: RedisServer, start: Callable[[], Sidecar], secret: MountedSecret
) -> None:
    old, new = redis_server.password, "a-new-password"
    secret.put(password=old, password_previous="")
    sidecar = start()
    with load(of_new_grants(sidecar), of_blocking_commands(sidecar)) as statuses:
        wait_for_requests(statuses, 50)
        secret.put(password=new, password_previous=old)
        wait_until(lambda: opens(redis_server, new), what="the new password")
        wait_for_requests(statuses, 50)
        assert opens(redis_server, old)
        secret.put(password=new, password_previous="")
        wait_until(lambda: not opens(redis_server, old), what="the end of the old password")
        wait_for_requests(statuses, 50)
    assert set(statuses) == {200}
    assert not any(password in str(line) for line in sidecar.logs() for password in (old, new))
    assert not opens(redis_server, None)
    with redis.Redis(port=redis_server.port, password=new) as client:
        client.acl_setuser("default", enabled=True, passwords=[f"+{old}"])


def test_a_password_is_introduced_without_a_refused_request(
    redis_server: RedisServer, start: Callable[[], Sidecar], secret: MountedSecret
) -> None:
    with redis.Redis(port=redis_server.port, password=redis_server.password) as client:
        client.acl_setuser("default", enabled=True, nopass=True)
        secret.put(password="first", password_previous="")  # noqa: S106 of a server of this test
        sidecar = start()
        with load(of_new_grants(sidecar), of_blocking_commands(sidecar)) as statuses:
            wait_until(lambda: not opens(redis_server, None), what="the first password")
            wait_for_requests(statuses, 50)
        assert set(statuses) == {200}
        client.acl_setuser("default", enabled=True, reset_passwords=True, passwords=[f"+{redis_server.password}"])
