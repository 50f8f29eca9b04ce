"""The environment of one sidecar, read once into a frozen object.

Every variable has the prefix ``KUBEREDIS_``; a value that does not fit is an error that names its variable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

PREFIX = "KUBEREDIS_"

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_BASE_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
# Kubernetes adds such variables to a pod for each Service of its namespace, also for one called kuberedis-something.
_SERVICE_LINK = re.compile(r"_(SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_\w+)$")
_LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(ValueError):
    """A variable is missing or does not fit; the text names it and says what to write."""


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where Redis listens: a Unix socket, or a host and port with or without TLS."""

    host: str = "127.0.0.1"
    port: int = 6379
    path: str | None = None
    tls: bool = False

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix://{self.path}"
        return f"{'rediss' if self.tls else 'redis'}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one sidecar is told by its environment. Sizes are bytes, times are seconds."""

    instance: str
    auth_dir: Path
    base_path: str
    host: str = "0.0.0.0"  # noqa: S104
    port: int = 8080
    redis: RedisAddress = RedisAddress()
    redis_password_file: Path | None = None
    redis_settings_file: Path | None = None
    max_body_bytes: int = 10 * 1024 * 1024
    max_pipeline_commands: int = 10_000
    max_blocking_connections: int = 64
    max_subscribers: int = 256
    max_requests: int = 1024
    max_grants: int = 64
    request_timeout_seconds: float = 10.0
    heartbeat_seconds: float = 15.0
    shutdown_grace_seconds: float = 25.0
    log_level: str = "info"
    access_log: bool = True
    cors_origins: frozenset[str] = frozenset()
    fast_path: bool = True

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings.

        Args:
            environ: The process environment, or any mapping of that form.

        Raises:
            SettingsError: A required variable is missing, or a value does not fit.
        """
        instance = _required(environ, "INSTANCE", _instance)
        fields: dict[str, object] = {
            "instance": instance,
            "base_path": _read(environ, "BASE_PATH", _base_path) or f"/instances/{instance}",
            "auth_dir": _required(environ, "AUTH_DIR", _directory),
        }
        for name, (target, reader) in _READERS.items():
            value = _read(environ, name, reader)
            if value is not None and target == "listen":
                fields["host"], fields["port"] = value
            elif value is not None:
                fields[target] = value
        return cls(**fields)  # type: ignore[arg-type]


def unknown(environ: Mapping[str, str]) -> list[str]:
    """Names in `environ` that look like settings and are none: a misspelt limit would otherwise silently keep its default."""
    known = {PREFIX + name for name in _READERS} | {PREFIX + name for name in ("INSTANCE", "BASE_PATH", "AUTH_DIR")}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known and not _SERVICE_LINK.search(name))


def _read(environ: Mapping[str, str], name: str, reader: Callable[[str], Any]) -> Any:
    text = environ.get(PREFIX + name)
    if text is None:
        return None
    try:
        return reader(text)
    except ValueError as error:
        raise SettingsError(f"{PREFIX}{name}: {error}") from None


def _required(environ: Mapping[str, str], name: str, reader: Callable[[str], Any]) -> Any:
    if not environ.get(PREFIX + name):
        raise SettingsError(f"{PREFIX}{name}: not set; it is required")
    return _read(environ, name, reader)


def _instance(text: str) -> str:
    if not _NAME.fullmatch(text) or len(text) > 63:
        raise ValueError(f"{text!r} is not a name of an instance; use at most 63 lower-case letters, digits and '-'")
    return text


def _base_path(text: str) -> str:
    if not _BASE_PATH.fullmatch(text):
        raise ValueError(f"{text!r} is not a base path; write it like /instances/my-cache, with no '/' at its end")
    return text


def _directory(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise ValueError(f"{text!r} is not a directory; mount the instance's Secret there")
    return path


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError(f"{text!r} is not a file")
    return path


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{text!r} is not an address to listen on; write HOST:PORT, for example 0.0.0.0:8080")
    return host, int(port)


def _redis_url(text: str) -> RedisAddress:
    # The text is never part of the message: it might hold a password.
    url = urlsplit(text)
    if url.username or url.password:
        raise ValueError(f"no user or password in the URL, please; put the password into a file and name it in {PREFIX}REDIS_PASSWORD_FILE")
    if url.query or url.fragment or (url.path not in ("", "/", "/0") and url.scheme != "unix"):
        raise ValueError("a Redis URL here has no database number, query or fragment; an instance has the database 0 only")
    if url.scheme == "unix" and url.path not in ("", "/"):
        return RedisAddress(path=unquote(url.netloc + url.path))
    if url.scheme in ("redis", "rediss") and url.hostname:
        return RedisAddress(host=url.hostname, port=url.port or 6379, tls=url.scheme == "rediss")
    raise ValueError("not a Redis URL; write redis://HOST:PORT, rediss://HOST:PORT or unix:///path/to/socket")


def _whole(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise ValueError(f"{text!r} does not fit; write a whole number, {least} or more")
        return int(text)

    return read


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) or float(text) == 0:
        raise ValueError(f"{text!r} does not fit; write a number of seconds greater than 0, for example 10 or 0.5")
    return float(text)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} does not fit; write true or false")
    return text == "true"


def _log_level(text: str) -> str:
    if text not in _LOG_LEVELS:
        raise ValueError(f"{text!r} is not a log level; write one of {', '.join(_LOG_LEVELS)}")
    return text


def _origins(text: str) -> frozenset[str]:
    origins = frozenset(part.strip() for part in text.split(",") if part.strip())
    for origin in origins - {"*"}:
        if not re.fullmatch(r"https?://[^/\s]+", origin):
            raise ValueError(f"{origin!r} is not an origin; write * or origins like https://app.example.com, with commas between them")
    return origins


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "LISTEN": ("listen", _listen),
    "REDIS_URL": ("redis", _redis_url),
    "REDIS_PASSWORD_FILE": ("redis_password_file", _file),
    "REDIS_SETTINGS_FILE": ("redis_settings_file", _file),
    "MAX_BODY_BYTES": ("max_body_bytes", _whole(1024)),
    "MAX_PIPELINE_COMMANDS": ("max_pipeline_commands", _whole(1)),
    "MAX_BLOCKING_CONNECTIONS": ("max_blocking_connections", _whole(1)),
    "MAX_SUBSCRIBERS": ("max_subscribers", _whole(1)),
    "MAX_REQUESTS": ("max_requests", _whole(1)),
    "MAX_GRANTS": ("max_grants", _whole(1)),
    "REQUEST_TIMEOUT_SECONDS": ("request_timeout_seconds", _seconds),
    "HEARTBEAT_SECONDS": ("heartbeat_seconds", _seconds),
    "SHUTDOWN_GRACE_SECONDS": ("shutdown_grace_seconds", _seconds),
    "LOG_LEVEL": ("log_level", _log_level),
    "ACCESS_LOG": ("access_log", _boolean),
    "CORS_ORIGINS": ("cors_origins", _origins),
    "FAST_PATH": ("fast_path", _boolean),
}
