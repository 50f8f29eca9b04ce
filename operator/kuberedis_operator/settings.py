"""The environment of the operator, read once into a frozen object.

Every variable has the prefix ``KUBEREDIS_``; a value that does not fit is an error that names its variable. What is not set has the default that
the class shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

PREFIX = "KUBEREDIS_"

Routing = Literal["Ingress", "HTTPRoute"]

VERSION = re.compile(r"(valkey-)?[0-9]+(\.[0-9]+){0,2}")
"""A version of Redis such as `8` or `7.2.5`, or one of Valkey such as `valkey-8`."""

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SEGMENTS = re.compile(r"(/[A-Za-z0-9._~-]+)+")
# Kubernetes adds such variables to a pod for each Service of its namespace, also for one called kuberedis-something.
_SERVICE_LINK = re.compile(r"_(SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_\w+)$")
_LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(ValueError):
    """A variable is missing or does not fit; the text names it and says what to write."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A Gateway of the Gateway API, and if `section` is given, the one of its listeners that serves the instances."""

    namespace: str
    name: str
    section: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSettings:
    """What the operator is told by its environment. Times are seconds."""

    sidecar_image: str
    namespaces: tuple[str, ...] = ()
    """Where instances are looked for; none means everywhere."""
    path_template: str = "/instances/{name}"
    ingress_host: str | None = None
    ingress_class: str | None = None
    ingress_tls_secret: str | None = None
    public_url: str | None = None
    """How the outside reaches the host, if that is not what the routes say; without `/` at its end."""
    routing: Routing = "Ingress"
    gateway: Gateway | None = None
    redis_image: str = "docker.io/library/redis:{version}"
    valkey_image: str = "docker.io/valkey/valkey:{version}"
    default_version: str = "8"
    ingress_namespaces: tuple[str, ...] = (
        "contour",
        "envoy-gateway-system",
        "haproxy-controller",
        "ingress-nginx",
        "istio-ingress",
        "istio-system",
        "kong",
        "kube-system",
        "nginx-gateway",
        "projectcontour",
        "traefik",
    )
    """Namespaces of ingress controllers: they reach the sidecars."""
    monitoring_namespaces: tuple[str, ...] = ("monitoring",)
    key_grace_seconds: int = 3600
    api_concurrency: int = 16
    resync_seconds: int = 300
    log_level: str = "info"
    host: str = "0.0.0.0"  # noqa: S104
    port: int = 8080

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> OperatorSettings:
        """Read the settings.

        Args:
            environ: The process environment, or any mapping of that form.

        Raises:
            SettingsError: A required variable is missing, or a value does not fit.
        """
        raise NotImplementedError

    def path(self, namespace: str, name: str) -> str:
        """The base path of an instance, such as `/instances/my-cache`."""
        return self.path_template.format(namespace=namespace, name=name)
