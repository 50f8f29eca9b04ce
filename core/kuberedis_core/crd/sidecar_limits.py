"""`spec.limits`: the limits of the sidecar, as variables of its environment.

A value is read by the rules of the sidecar, so that one which it refuses is reported as a fault of the spec, and not by a sidecar that does
not start.
"""

from __future__ import annotations

from collections.abc import Mapping

from kuberedis_core import sidecar_environment as env
from kuberedis_core.crd.object_reader import ObjectReader, whole
from kuberedis_core.crd.text_rules import origin, shown

MIN_BODY_BYTES = 1024
MAX_BODY_BYTES = 512 * 2**20
MAX_TIMEOUT_SECONDS = 3600
MAX_TOKEN_SECONDS = 999_999_999

_ORIGINS = "corsOrigins"
_WHOLE = {
    "maxBodyBytes": (env.MAX_BODY_BYTES, whole(MIN_BODY_BYTES, MAX_BODY_BYTES)),
    "maxHeadBytes": (env.MAX_HEAD_BYTES, whole(env.SMALLEST_MAX_HEAD_BYTES, env.LARGEST_MAX_HEAD_BYTES)),
    "maxPipelineCommands": (env.MAX_PIPELINE_COMMANDS, whole(1)),
    "maxRequests": (env.MAX_REQUESTS, whole(1)),
    "maxBlockingConnections": (env.MAX_BLOCKING_CONNECTIONS, whole(1)),
    "maxSubscribers": (env.MAX_SUBSCRIBERS, whole(1)),
    "maxGrants": (env.MAX_GRANTS, whole(1)),
    "maxTokenSeconds": (env.MAX_TOKEN_SECONDS, whole(1, MAX_TOKEN_SECONDS)),
    "requestTimeoutSeconds": (env.REQUEST_TIMEOUT_SECONDS, whole(1, MAX_TIMEOUT_SECONDS)),
    "scriptTimeoutSeconds": (env.SCRIPT_TIMEOUT_SECONDS, whole(1, MAX_TIMEOUT_SECONDS)),
}
_KNOWN = frozenset(_WHOLE) | {_ORIGINS}


def read_limits(spec: ObjectReader) -> Mapping[str, str]:
    """The variables that follow from `limits` of a spec, by name.

    Raises:
        InvalidSpec: A limit is one that the sidecar would refuse.
    """
    limits = spec.child("limits", _KNOWN)
    found = {variable: limits.read(name, reader) for name, (variable, reader) in _WHOLE.items()}
    variables = {variable: str(value) for variable, value in found.items() if value is not None}
    if _ORIGINS in limits:
        variables[env.CORS_ORIGINS] = ",".join(_read_origins(limits))
    return variables


def _read_origins(limits: ObjectReader) -> list[str]:
    origins = limits.values(_ORIGINS, origin, most=64)
    for index, value in enumerate(origins):
        if value in origins[:index]:
            raise limits.refuse(f"{_ORIGINS}[{index}]", f"{shown(value)} is there twice; remove one")
    return origins
