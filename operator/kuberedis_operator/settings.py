"""The environment of the operator, read once into a frozen object.

Every variable has the prefix ``KUBEREDIS_``; a value that does not fit is an error that names its variable. What is not set has the
default that the class shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args
from urllib.parse import urlsplit

from kuberedis_core import sidecar_environment as env
from kuberedis_core.crd.names import DEFAULT_PATH_TEMPLATE, is_base_path
from kuberedis_core.crd.spec import Routing
from kuberedis_core.crd.versions import check_version
from kuberedis_core.environment import (
    LISTEN,
    LOG_LEVEL,
    NAMESPACES,
    SettingsError,
    boolean,
    listen_address,
    log_level,
    read_variable,
    require_variable,
    unknown_variables,
    whole,
)
from kuberedis_core.host_pattern import WILDCARD, host_matches
from kuberedis_operator.policy.rules import RULES
from kuberedis_operator.trace_settings import VARIABLES as TRACES
from kuberedis_operator.trace_settings import Traces, read_traces

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
GATEWAY = "KUBEREDIS_GATEWAY"
HOSTS = "KUBEREDIS_HOSTS"
PATH_TEMPLATE = "KUBEREDIS_PATH_TEMPLATE"
PUBLIC_URL = "KUBEREDIS_PUBLIC_URL"
ROUTE_HOLD = "KUBEREDIS_ROUTE_HOLD_SECONDS"
INGRESS_CLASS = "KUBEREDIS_INGRESS_CLASS"
INGRESS_NAMESPACES = "KUBEREDIS_INGRESS_NAMESPACES"
_MOST_SECONDS = 999_999_999
_PLACEHOLDER = re.compile(r"\{(name|namespace)\}")


@dataclass(frozen=True, slots=True)
class Gateway:
    """A Gateway of the Gateway API, and if `section` is given, the one of its listeners that serves the instances."""

    namespace: str
    name: str
    section: str | None = None


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """A host that instances may ask for."""

    namespace: str
    """Of these instances; `*` means every one."""
    pattern: str
    """The host, or `*.` and what follows one label of it."""

    def allows(self, namespace: str, host: str) -> bool:
        """Whether an instance in `namespace` may have `host`."""
        return self.namespace in ("*", namespace) and (self.pattern == host or host_matches(self.pattern, host))


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSettings:
    """Settings of the operator. Times are seconds."""

    sidecar_image: str
    own_namespace: str = "kuberedis-system"
    """Namespace of the operator, where it keeps what has to outlive both an instance and itself."""
    namespaces: tuple[str, ...] = ()
    """Namespaces whose instances are reconciled; none means all."""
    path_template: str = DEFAULT_PATH_TEMPLATE
    ingress_host: str | None = None
    hosts: tuple[AllowedHost, ...] | None = None
    """The only hosts that instances may ask for; None: those by which no route of another namespace loses requests."""
    route_hold_seconds: int = 86_400
    """How long a path that became free is held back from other namespaces."""
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What tenants may ask for of what reaches beyond their namespace, by the settings of `policy/rules.py`."""
    ingress_class: str | None = None
    ingress_tls_secret: str | None = None
    public_url: str | None = None
    """URL at which clients reach the paths, if that is not what the routes say; without `/` at its end."""
    routing: Routing = "Ingress"
    gateway: Gateway | None = None
    redis_image: str = "docker.io/library/redis:{version}"
    valkey_image: str = "docker.io/valkey/valkey:{version}"
    default_version: str = "8"
    ingress_namespaces: tuple[str, ...] = ()
    """Namespaces of ingress controllers, which may connect to the sidecars. None is trusted for its name: who may create a namespace could
    take one that is not there yet."""
    monitoring_namespaces: tuple[str, ...] = ()
    """Namespaces that may read the metrics of the sidecars, and so connect to them."""
    dashboard_namespace: str | None = None
    """Namespace of the dashboard, whose pods may connect to the sidecars; None without one."""
    pod_user: int | None = 65532
    """User and group of the pods: of no image in particular. None: the platform chooses."""
    key_grace_seconds: int = 3600
    max_token_seconds: int | None = None
    """The longest that a token of any instance may be valid; None for any time."""
    access_log: bool = False
    """Whether sidecars log each request, unless the spec says so or otherwise."""
    traces: Traces | None = None
    api_concurrency: int = 16
    resync_seconds: int = 300
    log_level: str = "info"
    host: str = "0.0.0.0"  # noqa: S104
    port: int = 8080

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> OperatorSettings:
        """Read the settings.

        Args:
            environ: the process environment, or any mapping of that form.

        Raises:
            SettingsError: a required variable is missing, or a value does not fit.
        """
        fields: dict[str, Any] = {
            field: read_variable(environ, name, reader) for name, (field, reader) in _READERS.items() if name in environ
        }
        fields["sidecar_image"] = require_variable(environ, _SIDECAR_IMAGE, _image)
        fields["allowed"] = {rule.setting: read_variable(environ, rule.setting, _patterns) for rule in RULES if rule.setting in environ}
        fields["traces"] = read_traces(environ)
        if "listen" in fields:
            fields["host"], fields["port"] = fields.pop("listen")
        settings = cls(**fields)
        if settings.routing == "HTTPRoute" and settings.gateway is None:
            raise SettingsError(f"{GATEWAY}: not set; {_ROUTING}=HTTPRoute needs it: write NAMESPACE/NAME of the Gateway")
        return settings

    @property
    def public_url_host(self) -> str | None:
        """The host of the URL at which clients reach the paths, if that is set."""
        return urlsplit(self.public_url).hostname if self.public_url is not None else None

    def path(self, namespace: str, name: str) -> str:
        """The base path of an instance, such as `/instances/my-cache`."""
        return self.path_template.format(namespace=namespace, name=name)


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """Names in `environ` that look like settings of the operator and are none."""
    return unknown_variables(environ, [*_READERS, _SIDECAR_IMAGE, *TRACES, *(rule.setting for rule in RULES)])


def _pod_user(text: str) -> int | None:
    if text == "platform":
        return None
    if not text.isdecimal() or not 0 < int(text) < 2**31:
        raise ValueError(f"{text!r} is not a user; write a number from 1 to {2**31 - 1}, or platform if the cluster assigns users to pods")
    return int(text)


def _optional(reader: Callable[[str], Any]) -> Callable[[str], Any]:
    """A reader of variables that a Deployment, or a chart, may leave empty."""
    return lambda text: reader(text) if text else None


def _namespaces(text: str) -> tuple[str, ...]:
    return tuple(_namespace(name) for name in sorted({part.strip() for part in text.split(",")} - {""}))


def _namespace(text: str) -> str:
    if not _LABEL.fullmatch(text):
        raise ValueError(f"{text!r} is not a name of a namespace; write lower-case letters, digits and '-', and commas between several")
    return text


def _path_template(text: str) -> str:
    if "{name}" not in text:
        raise ValueError(f"{text!r} does not contain {{name}}, so all instances would have one path; write for example /instances/{{name}}")
    if not is_base_path(_PLACEHOLDER.sub("x", text)):
        raise ValueError(
            f"{text!r} is not a path template; write a path of letters, digits and . _ ~ - such as /instances/{{namespace}}/{{name}},"
            " with no other placeholders and no '/' at its end"
        )
    return text


def _dns_name(text: str) -> str:
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in text.split(".")):
        raise ValueError(f"{text!r} is not a DNS name; write lower-case letters, digits, '-' and '.', for example redis.example.com")
    return text


def _allowed_hosts(text: str) -> tuple[AllowedHost, ...]:
    allowed = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        namespace, separator, pattern = entry.partition("=")
        if not separator or not (namespace == "*" or _LABEL.fullmatch(namespace)):
            raise ValueError(f"{entry!r} does not name a namespace and a host; write NAMESPACE=HOST, or *=HOST for every namespace")
        _dns_name(pattern.removeprefix(WILDCARD))
        allowed.append(AllowedHost(namespace, pattern))
    return tuple(allowed)


def _patterns(text: str) -> tuple[str, ...]:
    patterns = tuple(filter(None, (part.strip() for part in text.split(","))))
    for pattern in patterns:
        if "*" in pattern[:-1]:
            raise ValueError(f"{pattern!r} does not fit; write the whole name, or what it begins with and one '*' at the end")
        if pattern[-1] == "*" and pattern[-2:-1].isalnum():
            raise ValueError(f"{pattern!r} would allow names that only begin alike; write for example example.com/* or team-*")
    return patterns


def _public_url(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc or url.query or url.fragment:
        raise ValueError("not a URL to reach instances at; write it like https://redis.example.com, with no user, query or fragment")
    return text.rstrip("/")


def _routing(text: str) -> str:
    if text not in get_args(Routing):
        raise ValueError(f"{text!r} is not a kind of route; write {' or '.join(get_args(Routing))}")
    return text


def _gateway(text: str) -> Gateway:
    parts = [_dns_name(part) for part in text.split("/")]
    if len(parts) not in (2, 3):
        raise ValueError(f"{text!r} does not name a Gateway; write NAMESPACE/NAME, or NAMESPACE/NAME/SECTION for one of its listeners")
    return Gateway(*parts)


def _seconds(least: int) -> Callable[[str], int]:
    """A reader of whole seconds, few enough to be added to a date."""

    def read(text: str) -> int:
        seconds = whole(least)(text)
        if seconds > _MOST_SECONDS:
            raise ValueError(f"{text!r} does not fit; write at most {_MOST_SECONDS}")
        return seconds

    return read


def _image(text: str) -> str:
    if not text or re.search(r"[\s{}]", text):
        raise ValueError(f"{text!r} is not an image; write for example registry.example.com/name:tag")
    return text


def _image_template(text: str) -> str:
    if "{version}" not in text:
        raise ValueError(f"{text!r} does not contain {{version}}, which stands for spec.version; write for example redis:{{version}}")
    _image(text.replace("{version}", "8"))
    return text


_SIDECAR_IMAGE = "KUBEREDIS_SIDECAR_IMAGE"
_ROUTING = "KUBEREDIS_ROUTING"
_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "KUBEREDIS_OPERATOR_NAMESPACE": ("own_namespace", _namespace),
    NAMESPACES: ("namespaces", _namespaces),
    PATH_TEMPLATE: ("path_template", _path_template),
    "KUBEREDIS_INGRESS_HOST": ("ingress_host", _optional(_dns_name)),
    HOSTS: ("hosts", _optional(_allowed_hosts)),
    ROUTE_HOLD: ("route_hold_seconds", _seconds(0)),
    INGRESS_CLASS: ("ingress_class", _optional(_dns_name)),
    "KUBEREDIS_INGRESS_TLS_SECRET": ("ingress_tls_secret", _optional(_dns_name)),
    PUBLIC_URL: ("public_url", _optional(_public_url)),
    _ROUTING: ("routing", _routing),
    GATEWAY: ("gateway", _optional(_gateway)),
    "KUBEREDIS_REDIS_IMAGE": ("redis_image", _image_template),
    "KUBEREDIS_VALKEY_IMAGE": ("valkey_image", _image_template),
    "KUBEREDIS_DEFAULT_VERSION": ("default_version", check_version),
    INGRESS_NAMESPACES: ("ingress_namespaces", _namespaces),
    "KUBEREDIS_MONITORING_NAMESPACES": ("monitoring_namespaces", _namespaces),
    "KUBEREDIS_DASHBOARD_NAMESPACE": ("dashboard_namespace", _optional(_namespace)),
    "KUBEREDIS_POD_USER": ("pod_user", _pod_user),
    "KUBEREDIS_KEY_GRACE_SECONDS": ("key_grace_seconds", _seconds(0)),
    env.MAX_TOKEN_SECONDS: ("max_token_seconds", _optional(_seconds(1))),
    env.ACCESS_LOG: ("access_log", boolean),
    "KUBEREDIS_API_CONCURRENCY": ("api_concurrency", whole(1)),
    "KUBEREDIS_RESYNC_SECONDS": ("resync_seconds", _seconds(1)),
    LOG_LEVEL: ("log_level", log_level),
    LISTEN: ("listen", listen_address),
}
