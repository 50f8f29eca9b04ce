"""A key is rotated without a dropped request: two keys are valid at once, a revoked one soon is not."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.credentials.forging import claims
from tests.credentials.mounted_secret import MountedSecret
from tests.faults.traffic import client_of
from tests.harness.load import Requests, load, wait_for_requests
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.slow

# A change of the mounted Secret must be in force within this many seconds.
SOON = 5.0


@pytest.fixture
def secret(tmp_path: Path) -> MountedSecret:
    mounted = MountedSecret(tmp_path)
    mounted.put(api_key=new_key())
    return mounted


@pytest.fixture(scope="module")
def start(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Callable[[MountedSecret], Sidecar]:
    return lambda secret: start_sidecar(redis_server, KUBEREDIS_AUTH_DIR=str(secret.folder), KUBEREDIS_ACCESS_LOG="false")


def new_key() -> str:
    return secrets.token_urlsafe(32)


def status(sidecar: Sidecar, bearer: str) -> int:
    with client_of(sidecar, bearer) as http:
        return http.get("/echo/hello").status_code


def wait_for_status(sidecar: Sidecar, bearer: str, wanted: int) -> None:
    wait_until(lambda: status(sidecar, bearer) == wanted, limit_seconds=SOON, what=f"status {wanted}")


def token_signed_with(key: str, sidecar: Sidecar) -> str:
    return mint_token(sidecar, key=key, **claims(sidecar))


def requests(sidecar: Sidecar, bearer: Callable[[], str]) -> Requests:
    """Requests of a client that keeps its connection."""
    with client_of(sidecar) as http:
        while True:
            yield http.get("/echo/hello", headers={"Authorization": f"Bearer {bearer()}"}).status_code


def test_rotation_under_load_drops_no_request(start: Callable[[MountedSecret], Sidecar], secret: MountedSecret) -> None:
    old, new = (secret.folder / "api_key").read_text(), new_key()
    sidecar = start(secret)
    in_use = [old, token_signed_with(old, sidecar)]
    turn = iter(range(10**9))
    with load(*(requests(sidecar, lambda: in_use[next(turn) % 2]) for _ in range(4))) as statuses:
        wait_for_requests(statuses, 100)
        secret.put(api_key=new, api_key_previous=old)
        wait_for_status(sidecar, new, 200)
        assert status(sidecar, old) == 200
        wait_for_requests(statuses, 100)
        in_use[:] = [new, token_signed_with(new, sidecar)]
        wait_for_requests(statuses, 100)
        secret.put(api_key=new)
        wait_for_status(sidecar, old, 401)
        wait_for_requests(statuses, 100)
    assert set(statuses) == {200}


def test_both_keys_and_their_tokens_are_valid_while_one_is_rotated(
    start: Callable[[MountedSecret], Sidecar], secret: MountedSecret
) -> None:
    old, new = (secret.folder / "api_key").read_text(), new_key()
    sidecar = start(secret)
    old_token, new_token = token_signed_with(old, sidecar), token_signed_with(new, sidecar)
    assert [status(sidecar, bearer) for bearer in (old, old_token, new, new_token)] == [200, 200, 401, 401]
    secret.put(api_key=new, api_key_previous=old)
    wait_for_status(sidecar, new, 200)
    assert [status(sidecar, bearer) for bearer in (old, old_token, new, new_token)] == [200, 200, 200, 200]
    secret.put(api_key=new)
    wait_for_status(sidecar, old, 401)
    assert [status(sidecar, bearer) for bearer in (old, old_token, new, new_token)] == [401, 401, 200, 200]


def test_replaced_key_and_the_tokens_that_were_used_with_it_are_refused_soon(
    start: Callable[[MountedSecret], Sidecar], secret: MountedSecret
) -> None:
    old, new = (secret.folder / "api_key").read_text(), new_key()
    sidecar = start(secret)
    token = token_signed_with(old, sidecar)
    assert [status(sidecar, old), status(sidecar, token)] == [200, 200]
    secret.put(api_key=new)
    wait_for_status(sidecar, token, 401)
    assert [status(sidecar, old), status(sidecar, new)] == [401, 200]


def test_key_file_written_in_place_is_read_again(start: Callable[[MountedSecret], Sidecar], tmp_path: Path) -> None:
    (tmp_path / "api_key").write_text(new_key())
    sidecar = start(MountedSecret(tmp_path))
    new = new_key()
    (tmp_path / "api_key").write_text(new + "\n")
    wait_for_status(sidecar, new, 200)


def test_stream_that_was_opened_with_a_key_ends_when_the_key_is_revoked(
    start: Callable[[MountedSecret], Sidecar], secret: MountedSecret
) -> None:
    sidecar = start(secret)
    with client_of(sidecar, timeout=SOON) as http, http.stream("POST", "/subscribe/news") as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line) == "data: subscribe,news,1"
        secret.put(api_key=new_key())
        assert "event: close" in [line for line in lines if line]


def test_stream_ends_when_its_token_expires(start: Callable[[MountedSecret], Sidecar], secret: MountedSecret) -> None:
    sidecar = start(secret)
    expiry = int(time.time()) + 2
    token = mint_token(sidecar, **claims(sidecar, exp=expiry))
    with client_of(sidecar, token, timeout=SOON) as http, http.stream("POST", "/subscribe/news") as stream:
        assert "event: close" in [line for line in stream.iter_lines() if line]
    assert expiry - 1 < time.time() < expiry + 2


@pytest.mark.parametrize("bad", ["", "0123456789" * 3], ids=repr)
def test_key_that_is_too_short_leaves_the_old_one_valid(start: Callable[[MountedSecret], Sidecar], secret: MountedSecret, bad: str) -> None:
    old, last = (secret.folder / "api_key").read_text(), new_key()
    sidecar = start(secret)
    # The previous key shows that the bad version was read.
    secret.put(api_key=bad, api_key_previous=last)
    wait_for_log(sidecar, "api_key")
    assert status(sidecar, old) == 200
    assert status(sidecar, bad.strip() or "x") == 401
    secret.put(api_key=last)
    wait_for_status(sidecar, old, 401)
    assert status(sidecar, last) == 200


def wait_for_log(sidecar: Sidecar, text: str) -> None:
    """Wait for a warning or error that contains `text`."""

    def warned() -> bool:
        return any(text in str(line) for line in sidecar.logs() if line.get("level") in ("warning", "error"))

    wait_until(warned, limit_seconds=SOON, what="a warning in the log")


def test_key_file_that_vanishes_leaves_the_old_one_valid(start: Callable[[MountedSecret], Sidecar], secret: MountedSecret) -> None:
    old = (secret.folder / "api_key").read_text()
    sidecar = start(secret)
    secret.put()
    wait_for_log(sidecar, "api_key")
    assert status(sidecar, old) == 200
