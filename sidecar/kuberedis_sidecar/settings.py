"""The settings of one sidecar, read once from its environment into a frozen object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from kuberedis_core import sidecar_environment as env
from kuberedis_core.crd.names import DEFAULT_PATH_TEMPLATE, check_name, is_base_path
from kuberedis_core.crd.ports import REDIS_PORT, SIDECAR_PORT
from kuberedis_core.environment import (
    SettingsError,
    boolean,
    listen_address,
    log_level,
    read_variable,
    require_variable,
    seconds,
    unknown_variables,
    whole,
)
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY
from kuberedis_core.web_origins import ORIGIN_ADVICE, is_origin

_LEAST_BODY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Address of a Redis server: a Unix socket, or a host and port with or without TLS."""

    host: str = "127.0.0.1"
    port: int = REDIS_PORT
    path: str | None = None
    tls: bool = False

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix://{self.path}"
        return f"{'rediss' if self.tls else 'redis'}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSettings:
    """What the sidecar of a member of a highly available instance knows beyond the settings of any."""

    name: str
    """Name of its pod."""
    members_file: Path
    """See `kuberedis_core.members`."""
    sentinel: RedisAddress
    """Address of the member's own Sentinel."""
    replication_password_file: Path
    """Password of replicas and Sentinels; see `redis.login.read_passwords`."""
    run_dir: Path
    """Folder that the containers of the pod share."""
    detect_after_seconds: float
    """How long a primary may be silent until Sentinels take it for dead."""
    tls_dir: Path | None = None
    """Folder with the certificate, its key, and the authorities; None to connect to other members without TLS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one sidecar. Sizes are in bytes, times in seconds."""

    instance: str
    auth_dir: Path
    base_path: str
    host: str = "0.0.0.0"  # noqa: S104
    port: int = SIDECAR_PORT
    redis: RedisAddress = RedisAddress()
    redis_password_file: Path | None = None
    redis_settings_file: Path | None = None
    redis_guard: Path | None = None
    memory_bytes: int = env.DEFAULT_MEMORY_BYTES
    max_body_bytes: int = env.DEFAULT_MAX_BODY_BYTES
    max_head_bytes: int = env.LARGEST_MAX_HEAD_BYTES
    max_pipeline_commands: int = 10_000
    max_blocking_connections: int = 64
    max_subscribers: int = 256
    max_requests: int = 1024
    max_grants: int = 64
    max_token_seconds: int | None = None
    request_timeout_seconds: float = 10.0
    script_timeout_seconds: float = 2.0
    heartbeat_seconds: float = 15.0
    shutdown_grace_seconds: float = 25.0
    log_level: str = "info"
    access_log: bool = True
    cors_origins: frozenset[str] = frozenset()
    fast_path: bool = True
    workers: int = 1
    members: MemberSettings | None = None
    """None for an instance of one Redis."""

    @property
    def access_log_file(self) -> Path | None:
        """The file that turns the access log on or off while the sidecar runs; None for none."""
        return None if self.redis_settings_file is None else self.redis_settings_file.parent / env.ACCESS_LOG_FILE

    @property
    def script_limit_seconds(self) -> float:
        """How long a script may run: no longer than anybody waits for its reply.

        With members also not so long that Sentinels take the primary for dead, which answers nobody meanwhile. Each worker of each member
        runs one at a time, and the primary may have to run one of each without a pause; and there is one to spare.
        """
        limit = min(self.script_timeout_seconds, self.request_timeout_seconds)
        if self.members is None:
            return limit
        return min(limit, self.members.detect_after_seconds / (MEMBERS_OF_HIGH_AVAILABILITY * self.workers + 1))

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings.

        Args:
            environ: The process environment, or any mapping of that form.

        Raises:
            SettingsError: A required variable is missing, or a value does not fit.
        """
        instance = require_variable(environ, env.INSTANCE, check_name)
        fields: dict[str, object] = {
            "instance": instance,
            "base_path": read_variable(environ, env.BASE_PATH, _base_path) or DEFAULT_PATH_TEMPLATE.format(name=instance),
            "auth_dir": require_variable(environ, env.AUTH_DIR, _directory),
        }
        for name, (field, reader) in _READERS.items():
            value = read_variable(environ, name, reader)
            if value is not None and field == "listen":
                fields["host"], fields["port"] = value
            elif value is not None:
                fields[field] = value
        fields["members"] = _member_settings(environ)
        memory = cast("int", fields.get("memory_bytes", env.DEFAULT_MEMORY_BYTES))
        workers = cast("int", fields.get("workers", 1))
        if memory < (needed := env.memory_for_bodies(_LEAST_BODY_BYTES, workers)):
            raise SettingsError(f"{env.WORKERS}: {workers} workers need {needed} bytes of memory; raise {env.MEMORY_BYTES}, or have fewer")
        most = env.default_max_body_bytes(memory, workers)
        body = cast("int", fields.setdefault("max_body_bytes", most))
        if memory < (needed := env.memory_for_bodies(body, workers)):
            fewer = f", have fewer {env.WORKERS}" if workers > 1 else ""
            raise SettingsError(
                f"{env.MAX_BODY_BYTES}: bodies of {body} bytes need {needed} bytes of memory; raise {env.MEMORY_BYTES}{fewer}, or write at"
                f" most {most}"
            )
        return cls(**fields)  # type: ignore[arg-type]


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """Names in `environ` that look like settings of the sidecar and are not; see `kuberedis_core.environment.unknown_variables`."""
    return unknown_variables(environ, (env.INSTANCE, env.BASE_PATH, env.AUTH_DIR, *_READERS, *_MEMBER_READERS))


def _member_settings(environ: Mapping[str, str]) -> MemberSettings | None:
    if not any(name in environ for name in _MEMBER_READERS):
        return None
    fields: dict[str, Any] = {
        field: (read_variable if name == env.TLS_DIR else require_variable)(environ, name, reader)
        for name, (field, reader) in _MEMBER_READERS.items()
    }
    return MemberSettings(**fields)


def _base_path(text: str) -> str:
    if not is_base_path(text):
        raise ValueError(f"{text!r} is not a base path; write it like /instances/my-cache, with no '/' at its end")
    return text


def _directory(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise ValueError(f"{text!r} is not a directory; mount a volume there")
    return path


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError(f"{text!r} is not a file")
    return path


def _redis_url(text: str) -> RedisAddress:
    # The message never contains the text: it may contain a password.
    url = urlsplit(text)
    if url.username or url.password:
        raise ValueError(
            f"the URL must not contain a user or password; put the password into a file and name it in {env.REDIS_PASSWORD_FILE}"
        )
    if url.query or url.fragment or (url.path not in ("", "/", "/0") and url.scheme != "unix"):
        raise ValueError("a Redis URL here has no database number, query or fragment; an instance has the database 0 only")
    if url.scheme == "unix" and url.path not in ("", "/"):
        return RedisAddress(path=unquote(url.netloc + url.path))
    if url.scheme in ("redis", "rediss") and url.hostname:
        return RedisAddress(host=url.hostname, port=url.port or REDIS_PORT, tls=url.scheme == "rediss")
    raise ValueError("not a Redis URL; write redis://HOST:PORT, rediss://HOST:PORT or unix:///path/to/socket")


def _origins(text: str) -> frozenset[str]:
    origins = frozenset(part.strip() for part in text.split(",") if part.strip())
    for origin in origins:
        if not is_origin(origin):
            raise ValueError(f"{origin!r} is not an origin; {ORIGIN_ADVICE}; and commas between several")
    return origins


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    env.LISTEN: ("listen", listen_address),
    env.REDIS_URL: ("redis", _redis_url),
    env.REDIS_PASSWORD_FILE: ("redis_password_file", _file),
    env.REDIS_SETTINGS_FILE: ("redis_settings_file", _file),
    env.REDIS_GUARD: ("redis_guard", Path),
    env.MEMORY_BYTES: ("memory_bytes", whole(env.MIN_MEMORY_BYTES)),
    env.MAX_BODY_BYTES: ("max_body_bytes", whole(_LEAST_BODY_BYTES)),
    env.MAX_HEAD_BYTES: ("max_head_bytes", whole(env.SMALLEST_MAX_HEAD_BYTES, env.LARGEST_MAX_HEAD_BYTES)),
    env.MAX_PIPELINE_COMMANDS: ("max_pipeline_commands", whole(1)),
    env.MAX_BLOCKING_CONNECTIONS: ("max_blocking_connections", whole(1)),
    env.MAX_SUBSCRIBERS: ("max_subscribers", whole(1)),
    env.MAX_REQUESTS: ("max_requests", whole(1)),
    env.MAX_GRANTS: ("max_grants", whole(1)),
    env.MAX_TOKEN_SECONDS: ("max_token_seconds", whole(1)),
    env.REQUEST_TIMEOUT_SECONDS: ("request_timeout_seconds", seconds),
    env.SCRIPT_TIMEOUT_SECONDS: ("script_timeout_seconds", seconds),
    env.HEARTBEAT_SECONDS: ("heartbeat_seconds", seconds),
    env.SHUTDOWN_GRACE_SECONDS: ("shutdown_grace_seconds", seconds),
    env.LOG_LEVEL: ("log_level", log_level),
    env.ACCESS_LOG: ("access_log", boolean),
    env.CORS_ORIGINS: ("cors_origins", _origins),
    env.FAST_PATH: ("fast_path", boolean),
    env.WORKERS: ("workers", whole(1, env.MAX_WORKERS)),
}

_MEMBER_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    env.MEMBER: ("name", str),
    env.MEMBERS_FILE: ("members_file", Path),
    env.SENTINEL_URL: ("sentinel", _redis_url),
    env.REPLICATION_PASSWORD_FILE: ("replication_password_file", Path),
    env.RUN_DIR: ("run_dir", _directory),
    env.DETECT_AFTER_SECONDS: ("detect_after_seconds", seconds),
    env.TLS_DIR: ("tls_dir", Path),
}
"""Set all of them, TLS_DIR if members use TLS, or none."""
