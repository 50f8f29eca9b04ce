"""The environment of the dashboard in a cluster, read once into a frozen object.

Every variable has the prefix ``KUBEREDIS_``; a value that does not fit is an error that names its variable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kuberedis_core.environment import LISTEN, LOG_LEVEL, listen_address, log_level, read_variable, require_variable, unknown_variables
from kuberedis_core.host_pattern import WILDCARD
from kuberedis_core.web_origins import EVERY_ORIGIN, is_origin

URL = "KUBEREDIS_DASHBOARD_URL"
PROMETHEUS_URL = "KUBEREDIS_PROMETHEUS_URL"
KUBERNETES_URL = "KUBEREDIS_KUBERNETES_URL"
KUBERNETES_CA = "KUBEREDIS_KUBERNETES_CA"


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardSettings:
    """Settings of the dashboard in a cluster."""

    origin: str
    """Where browsers reach it, such as https://dashboard.example.com. Requests for another host are refused."""
    kubernetes_url: str = "https://kubernetes.default.svc"
    kubernetes_ca: Path = Path("/etc/kubernetes/ca.crt")
    """Certificates that the API server's is checked against. A file of its own, because no token of a service account is mounted."""
    prometheus_url: str | None = None
    log_level: str = "info"
    listen: tuple[str, int] = ("0.0.0.0", 8080)  # noqa: S104 a container listens on every address of its pod

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> DashboardSettings:
        """Read the process environment.

        Raises:
            SettingsError: a value does not fit, or `URL` is missing; the text names the variable and says what to write.
        """
        values: dict[str, Any] = {"origin": require_variable(environ, URL, _origin)}
        for name, (field, reader) in _READERS.items():
            if (value := read_variable(environ, name, reader)) is not None:
                values[field] = value
        return cls(**values)


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """Names in `environ` with the prefix that are not settings of the dashboard."""
    return unknown_variables(environ, (URL, *_READERS))


def _origin(text: str) -> str:
    if text == EVERY_ORIGIN or WILDCARD in text or not is_origin(text):
        raise ValueError(f"{text!r} is not where browsers reach the dashboard; write for example https://dashboard.example.com")
    return text


def _base_url(text: str) -> str:
    if not text.startswith(("http://", "https://")) or any(letter in text for letter in "?#@ "):
        raise ValueError(f"{text!r} is not the address of a server; write for example http://prometheus.monitoring.svc:9090")
    return text.rstrip("/")


_READERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    KUBERNETES_URL: ("kubernetes_url", _base_url),
    KUBERNETES_CA: ("kubernetes_ca", Path),
    PROMETHEUS_URL: ("prometheus_url", _base_url),
    LOG_LEVEL: ("log_level", log_level),
    LISTEN: ("listen", listen_address),
}
