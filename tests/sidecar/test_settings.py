"""A setting that does not fit prevents the start, with one line that names its variable; one that is misspelt is logged."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import StartSidecar, make_auth_dir, sidecar_environ
from tests.harness.waiting import wait_until


@pytest.fixture
def auth_dir(tmp_path: Path) -> Path:
    """A mounted Secret with a key."""
    return make_auth_dir(tmp_path)


def refused(environ: dict[str, str]) -> str:
    """The one line with which a sidecar of this environment refuses to start."""
    command = [sys.executable, "-m", "kuberedis_sidecar"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize(("name", "value"), [("MAX_BODY_BYTES", "many"), ("LISTEN", "8080"), ("REDIS_URL", "http://x")])
def test_sidecar_with_a_value_that_does_not_fit_ends_with_one_line(auth_dir: Path, name: str, value: str) -> None:
    assert f"KUBEREDIS_{name}" in refused(sidecar_environ(None, auth_dir, {f"KUBEREDIS_{name}": value}))


@pytest.mark.parametrize("name", ["INSTANCE", "AUTH_DIR"])
def test_required_variable_that_is_missing_is_named(auth_dir: Path, name: str) -> None:
    environ = sidecar_environ(None, auth_dir, {})
    del environ[f"KUBEREDIS_{name}"]
    assert f"KUBEREDIS_{name}" in refused(environ)


def test_auth_folder_without_a_key_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "api_key") in refused(sidecar_environ(None, tmp_path, {}))


@pytest.mark.parametrize("url", ["redis://:hunter2@127.0.0.1", "redis://user:hunter2@127.0.0.1:1", "hunter2://x"])
def test_password_in_the_url_is_refused_and_not_repeated(auth_dir: Path, url: str) -> None:
    line = refused(sidecar_environ(None, auth_dir, {"KUBEREDIS_REDIS_URL": url}))
    assert "KUBEREDIS_REDIS_URL" in line
    assert "hunter2" not in line


def test_address_that_is_taken_is_named(redis_server: RedisServer, auth_dir: Path) -> None:
    taken = f"127.0.0.1:{redis_server.port}"
    environ = sidecar_environ(redis_server, auth_dir, {"KUBEREDIS_LISTEN": taken})
    command = [sys.executable, "-m", "kuberedis_sidecar"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert taken in line
    assert "KUBEREDIS_LISTEN" in line


def test_misspelt_variable_is_logged_and_ignored(redis_server: RedisServer, start_sidecar: StartSidecar) -> None:
    sidecar = start_sidecar(redis_server, KUBEREDIS_MAX_BODY="1", KUBEREDIS_HTTP_PORT_80_TCP="tcp://10.0.0.1:80")
    warnings = wait_until(lambda: [line for line in sidecar.logs() if line["level"] == "warning"])
    assert [line["variable"] for line in warnings] == ["KUBEREDIS_MAX_BODY"]
