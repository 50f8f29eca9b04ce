"""`spec.limits`: what the sidecar takes, as variables of its environment.

A value is read as the sidecar would read it, so that one which it refuses is told in the status instead of by a sidecar that does not
start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from kuberedis_core.crd.object_reader import Fields, quantity, whole
from kuberedis_core.quantities import parse_bytes

_LEAST_BODY_BYTES = 1024
_ORIGIN = re.compile(r"https?://[^/\s,]+")


def read_limits(limits: Fields) -> dict[str, str]:
    """The variables that follow from `spec.limits`.

    Raises InvalidSpec for a limit that the sidecar would refuse.
    """
    found = {variable: limits.read(name, reader) for name, (variable, reader) in _LIMITS.items()}
    return {variable: str(value) for variable, value in found.items() if value is not None}


def _body_bytes(value: object) -> int:
    amount = quantity(parse_bytes)(value)
    if amount < _LEAST_BODY_BYTES:
        raise ValueError(f"{value!r} is too small for a request; write 1Ki or more")
    return amount


def _seconds(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86400:
        raise ValueError(f"{value!r} does not fit; write a number of seconds greater than 0, at most 86400")
    return format(Decimal(str(value)), "f")


def _origins(value: object) -> str:
    if not isinstance(value, list):
        raise ValueError("is no list; write for example [https://app.example.com]")
    for origin in value:
        if not isinstance(origin, str) or (origin != "*" and not _ORIGIN.fullmatch(origin)):
            raise ValueError(f"{origin!r} is not an origin; write '*' or for example https://app.example.com")
    return ",".join(value)


_LIMITS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "maxBodyBytes": ("KUBEREDIS_MAX_BODY_BYTES", _body_bytes),
    "maxPipelineCommands": ("KUBEREDIS_MAX_PIPELINE_COMMANDS", whole(1)),
    "maxRequests": ("KUBEREDIS_MAX_REQUESTS", whole(1)),
    "maxBlockingConnections": ("KUBEREDIS_MAX_BLOCKING_CONNECTIONS", whole(1)),
    "maxSubscribers": ("KUBEREDIS_MAX_SUBSCRIBERS", whole(1)),
    "maxGrants": ("KUBEREDIS_MAX_GRANTS", whole(1)),
    "requestTimeoutSeconds": ("KUBEREDIS_REQUEST_TIMEOUT_SECONDS", _seconds),
    "corsOrigins": ("KUBEREDIS_CORS_ORIGINS", _origins),
}
