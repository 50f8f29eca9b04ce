"""The settings of the sidecar in local mode: the manifest's limits, then the environment, then defaults."""

from pathlib import Path

import pytest

from kuberedis_cli.local.data_folder import InstanceFolder
from kuberedis_cli.local.sidecar_settings import sidecar_settings
from kuberedis_core.crd.spec import read_spec
from kuberedis_core.environment import SettingsError
from kuberedis_sidecar.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> InstanceFolder:
    folder = InstanceFolder(tmp_path)
    folder.auth.mkdir()
    return folder


def settings(folder: InstanceFolder, environ: dict[str, str], **limits: object) -> Settings:
    spec = read_spec({"capacity": "1Gi", "limits": limits})
    return sidecar_settings(environ, "cache", spec, "unix:///run/socket", Path("/run/guard"), folder, {})


def test_a_limit_of_the_manifest_counts_before_the_environment(folder: InstanceFolder) -> None:
    environ = {"KUBEREDIS_MAX_REQUESTS": "5", "KUBEREDIS_MAX_GRANTS": "6"}
    found = settings(folder, environ, maxRequests=7, requestTimeoutSeconds=2, corsOrigins=["https://a.example.com"])
    assert (found.max_requests, found.max_grants, found.max_subscribers) == (7, 6, 256)
    assert found.request_timeout_seconds == 2
    assert found.cors_origins == frozenset({"https://a.example.com"})


def test_what_local_mode_decides_is_not_taken_from_the_environment(folder: InstanceFolder) -> None:
    names = "BASE_PATH LISTEN REDIS_PASSWORD_FILE REDIS_SETTINGS_FILE INSTANCE REDIS_URL AUTH_DIR".split()
    names += "MEMBER MEMBERS_FILE SENTINEL_URL REPLICATION_PASSWORD_FILE TLS_DIR RUN_DIR DETECT_AFTER_SECONDS WORKERS".split()
    found = settings(folder, {f"KUBEREDIS_{name}": "/elsewhere" for name in names})
    assert (found.instance, found.base_path, found.auth_dir) == ("cache", "/instances/cache", folder.auth)
    assert (found.redis.path, found.redis_password_file, found.redis_settings_file) == ("/run/socket", None, None)
    assert (found.members, found.workers) == (None, 1)


def test_requests_are_not_logged_unless_the_environment_says_so(folder: InstanceFolder) -> None:
    assert settings(folder, {}).access_log is False
    assert settings(folder, {"KUBEREDIS_ACCESS_LOG": "true"}).access_log is True


def test_a_variable_that_does_not_fit_is_named(folder: InstanceFolder) -> None:
    with pytest.raises(SettingsError, match="KUBEREDIS_MAX_GRANTS: 'many' does not fit"):
        settings(folder, {"KUBEREDIS_MAX_GRANTS": "many"})
