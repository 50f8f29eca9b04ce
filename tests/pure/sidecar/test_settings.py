"""Settings: defaults, what each variable accepts, and errors that name their variable."""

from dataclasses import replace
from pathlib import Path

import pytest

from kuberedis_core.environment import SettingsError
from kuberedis_sidecar.settings import MemberSettings, RedisAddress, Settings, unknown_settings
from tests.harness.sidecar import make_auth_dir, sidecar_environ


@pytest.fixture
def auth_dir(tmp_path: Path) -> Path:
    """A mounted Secret with a key."""
    return make_auth_dir(tmp_path)


SIZES = [
    "MEMORY_BYTES",
    "MAX_BODY_BYTES",
    "MAX_HEAD_BYTES",
    "MAX_PIPELINE_COMMANDS",
    "MAX_BLOCKING_CONNECTIONS",
    "MAX_SUBSCRIBERS",
    "MAX_REQUESTS",
    "MAX_GRANTS",
]
TIMES = ["REQUEST_TIMEOUT_SECONDS", "HEARTBEAT_SECONDS", "SHUTDOWN_GRACE_SECONDS"]
BAD = [
    *[(name, value) for name in SIZES for value in ("", "0", "-1", "1.5", "many", "1e3", "٣")],
    *[("MAX_HEAD_BYTES", value) for value in ("8191", "61441")],
    *[(name, value) for name in TIMES for value in ("", "0", "-1", "soon", "nan", "inf", "1e3")],
    *[("INSTANCE", value) for value in ("", "Upper", "a_b", "a/b", "-a", "a-", "a" * 64, "a b")],
    *[("BASE_PATH", value) for value in ("instances/a", "/a/", "/a//b", "/a b", "/a?b", "/a%2Fb", "https://x/a")],
    *[("LISTEN", value) for value in ("", "8080", "localhost", "localhost:", "127.0.0.1:http", "[::1]:65536", "h:-1", ":8080")],
    *[
        ("REDIS_URL", value)
        for value in ("", "127.0.0.1:6379", "http://127.0.0.1", "redis://", "unix://", "redis://127.0.0.1:x", "redis://h/1", "redis://h?a=b")
    ],
    ("REDIS_URL", "redis://user:hunter2@127.0.0.1"),
    ("REDIS_PASSWORD_FILE", "/nonexistent/password"),
    ("REDIS_PASSWORD_FILE", ""),
    ("AUTH_DIR", ""),
    ("AUTH_DIR", "/nonexistent"),
    ("LOG_LEVEL", "loud"),
    ("LOG_LEVEL", ""),
    *[("ACCESS_LOG", value) for value in ("", "yes", "1", "True")],
    *[("WORKERS", value) for value in ("", "0", "17", "two", "1.5")],
    *[("FAST_PATH", value) for value in ("", "no", "0")],
    *[("CORS_ORIGINS", value) for value in ("app.example.com", "https://app.example.com/", "*.example.com", "ftp://a.example")],
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD)
def test_value_that_does_not_fit_is_named(auth_dir: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"KUBEREDIS_{name}\b"):
        Settings.from_environ(sidecar_environ(None, auth_dir, {f"KUBEREDIS_{name}": value}))


def test_defaults_are_the_documented_ones(auth_dir: Path) -> None:
    environ = {"KUBEREDIS_INSTANCE": "my-cache", "KUBEREDIS_AUTH_DIR": str(auth_dir)}
    assert Settings.from_environ(environ) == Settings(
        instance="my-cache",
        auth_dir=auth_dir,
        base_path="/instances/my-cache",
        host="0.0.0.0",  # noqa: S104 in a pod, the sidecar is reached from outside of it
        port=8080,
        redis=RedisAddress(host="127.0.0.1", port=6379),
        redis_password_file=None,
        memory_bytes=268_435_456,
        max_body_bytes=10_485_760,
        max_head_bytes=61_440,
        max_pipeline_commands=10_000,
        max_blocking_connections=64,
        max_subscribers=256,
        max_requests=1024,
        request_timeout_seconds=10,
        max_grants=64,
        heartbeat_seconds=15,
        shutdown_grace_seconds=25,
        log_level="info",
        access_log=True,
        cors_origins=frozenset(),
        fast_path=True,
        workers=1,
    )


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://cache:6380", RedisAddress(host="cache", port=6380)),
        ("redis://cache", RedisAddress(host="cache", port=6379)),
        ("redis://cache:6380/0", RedisAddress(host="cache", port=6380)),
        ("rediss://cache:6380", RedisAddress(host="cache", port=6380, tls=True)),
        ("redis://[::1]:6380", RedisAddress(host="::1", port=6380)),
        ("unix:///run/redis/redis.sock", RedisAddress(path="/run/redis/redis.sock")),
        ("unix:///run/with%20space.sock", RedisAddress(path="/run/with space.sock")),
    ],
)
def test_each_kind_of_redis_url_is_understood(auth_dir: Path, url: str, address: RedisAddress) -> None:
    assert Settings.from_environ(sidecar_environ(None, auth_dir, {"KUBEREDIS_REDIS_URL": url})).redis == address


@pytest.mark.parametrize("name", ["INSTANCE", "AUTH_DIR"])
def test_required_variable_that_is_missing_is_named(auth_dir: Path, name: str) -> None:
    environ = sidecar_environ(None, auth_dir, {})
    del environ[f"KUBEREDIS_{name}"]
    with pytest.raises(SettingsError, match=f"KUBEREDIS_{name}: not set"):
        Settings.from_environ(environ)


def test_values_are_read(auth_dir: Path, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.touch()
    environ = {
        "KUBEREDIS_BASE_PATH": "/a/b",
        "KUBEREDIS_LISTEN": "[::1]:0",
        "KUBEREDIS_REDIS_PASSWORD_FILE": str(password),
        "KUBEREDIS_MAX_BODY_BYTES": "1024",
        "KUBEREDIS_HEARTBEAT_SECONDS": "0.5",
        "KUBEREDIS_ACCESS_LOG": "false",
        "KUBEREDIS_CORS_ORIGINS": "https://a.example, http://b:8080,",
    }
    settings = Settings.from_environ(sidecar_environ(None, auth_dir, environ))
    assert (settings.base_path, settings.host, settings.port) == ("/a/b", "::1", 0)
    assert (settings.redis_password_file, settings.max_body_bytes, settings.heartbeat_seconds) == (password, 1024, 0.5)
    assert (settings.access_log, settings.cors_origins) == (False, frozenset({"https://a.example", "http://b:8080"}))


@pytest.mark.parametrize(
    ("variables", "body"),
    [
        ({}, 10_485_760),
        ({"MEMORY_BYTES": "134217728"}, 2_097_152),
        ({"MEMORY_BYTES": "1073741824"}, 10_485_760),
        ({"MEMORY_BYTES": "1778384896", "MAX_BODY_BYTES": "104857600"}, 104_857_600),
        ({"WORKERS": "2"}, 4_194_304),
        ({"WORKERS": "2", "MEMORY_BYTES": "469762048"}, 10_485_760),
    ],
)
def test_bodies_fit_into_the_memory(auth_dir: Path, variables: dict[str, str], body: int) -> None:
    environ = {f"KUBEREDIS_{name}": value for name, value in variables.items()}
    assert Settings.from_environ(sidecar_environ(None, auth_dir, environ)).max_body_bytes == body


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"MAX_BODY_BYTES": "10485761"}, "KUBEREDIS_MAX_BODY_BYTES: .*raise KUBEREDIS_MEMORY_BYTES, or write at most 10485760"),
        (
            {"MAX_BODY_BYTES": "10485760", "WORKERS": "2"},
            "KUBEREDIS_MAX_BODY_BYTES: .* need 469762048 .*raise KUBEREDIS_MEMORY_BYTES, have fewer KUBEREDIS_WORKERS, or write .* 4194304",
        ),
        ({"MEMORY_BYTES": "134217728", "WORKERS": "4"}, "KUBEREDIS_WORKERS: 4 workers need .* raise KUBEREDIS_MEMORY_BYTES, or have fewer"),
    ],
)
def test_what_does_not_fit_into_the_memory_is_refused(auth_dir: Path, variables: dict[str, str], message: str) -> None:
    environ = {f"KUBEREDIS_{name}": value for name, value in variables.items()}
    with pytest.raises(SettingsError, match=message):
        Settings.from_environ(sidecar_environ(None, auth_dir, environ))


@pytest.mark.parametrize(
    ("name", "unknown"),
    [("KUBEREDIS_MAX_BODY", True), ("KUBEREDIS_MAX_BODY_BYTES", False), ("KUBEREDIS_X_SERVICE_HOST", False), ("PATH", False)],
)
def test_misspelt_variable_is_found(name: str, unknown: bool) -> None:
    assert unknown_settings({name: "1", "KUBEREDIS_INSTANCE": "cache"}) == ([name] if unknown else [])


@pytest.mark.parametrize(("detect_after", "limit"), [(2.0, 0.5), (1.0, 0.25), (30.0, 2.0)])
def test_script_of_a_member_ends_long_before_its_redis_counts_as_dead(tmp_path: Path, detect_after: float, limit: float) -> None:
    member = MemberSettings(
        name="cache-0",
        members_file=tmp_path,
        sentinel=RedisAddress(),
        replication_password_file=tmp_path,
        run_dir=tmp_path,
        detect_after_seconds=detect_after,
    )
    settings = Settings(instance="cache", auth_dir=tmp_path, base_path="/cache")
    assert settings.script_limit_seconds == 2.0
    assert replace(settings, members=member).script_limit_seconds == limit
