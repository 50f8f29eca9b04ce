"""The operator's settings of traces: where the sidecars of all instances send them, and of how many requests.

Only the administrator sets them: a sidecar that sends traces where the owner of an instance likes would be a way out of the cluster.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from kuberedis_core.environment import SettingsError, read_variable

_ENDPOINT = "KUBEREDIS_TRACES_ENDPOINT"
_RATIO = "KUBEREDIS_TRACES_RATIO"
_HEADERS_SECRET = "KUBEREDIS_TRACES_HEADERS_SECRET"  # noqa: S105 the name of a variable
VARIABLES = (_ENDPOINT, _RATIO, _HEADERS_SECRET)

_DEFAULT_RATIO = "0.01"
_SECRET = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_KEY = re.compile(r"[A-Za-z0-9._-]{1,253}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """Where all sidecars send traces, and of how many requests."""

    endpoint: str
    """URL of a collector that takes OTLP over HTTP."""
    ratio: str
    """The part of the requests that are traced unless their `traceparent` decides, from 0 to 1, as it is written."""
    headers_secret: tuple[str, str] | None
    """Name of a Secret in the namespace of each instance, and its member with header fields for the collector; None for none."""


def read_traces(environ: Mapping[str, str]) -> Traces | None:
    """What the environment says of traces; None without the address of a collector. An empty variable is as one that is not set.

    Raises:
        SettingsError: A value does not fit.
    """
    given = {name: environ[name] for name in VARIABLES if environ.get(name)}
    endpoint = read_variable(given, _ENDPOINT, _collector)
    ratio = read_variable(given, _RATIO, _part)
    secret = read_variable(given, _HEADERS_SECRET, _secret_member)
    if endpoint is not None:
        return Traces(endpoint=endpoint, ratio=ratio or _DEFAULT_RATIO, headers_secret=secret)
    for name in given:
        raise SettingsError(f"{_ENDPOINT}: not set; {name} needs it: write the URL of a collector of traces")
    return None


def _collector(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc or url.query or url.fragment or url.port == 0:
        # The text is left out: it may contain a password.
        raise ValueError(
            "not the URL of a collector; write it like http://otel-collector.observability:4318, with no user, query or fragment;"
            f" a credential for it belongs into the Secret that {_HEADERS_SECRET} names"
        )
    return text


def _part(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,18})?", text) or float(text) > 1:
        raise ValueError(f"{text!r} is not a part of the requests; write a number from 0 to 1, for example 0.01")
    return text


def _secret_member(text: str) -> tuple[str, str]:
    name, _, key = text.partition("/")
    if not _SECRET.fullmatch(name) or not _KEY.fullmatch(key):
        # Here as well: the text may be what belongs into the Secret.
        raise ValueError("not the name of a Secret and of a member of it; write NAME/KEY, such as otlp-headers/headers")
    return name, key
