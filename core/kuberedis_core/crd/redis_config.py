"""The settings of Redis that follow from a spec, the same in a cluster and in local mode.

Every setting is in one of two groups: the live ones change in the running Redis by CONFIG SET, the others only when it starts.
"""

from __future__ import annotations

from collections.abc import Mapping

from kuberedis_core.crd.redis_options import START_ONLY
from kuberedis_core.crd.spec import InstanceSpec, Persistence

SNAPSHOT = "dump.rdb"
"""File of the snapshots with `persistence: rdb`."""

# A snapshot that somebody makes by hand is not what Redis starts from, unless snapshots are how it keeps its data.
_BY_HAND = "snapshot.rdb"
PERSISTENCE: Mapping[Persistence, Mapping[str, str]] = {
    "aof": {"appendonly": "yes", "save": "", "dbfilename": _BY_HAND},
    "rdb": {"appendonly": "no", "save": "3600 1 300 100 60 10000", "dbfilename": SNAPSHOT},
    "none": {"appendonly": "no", "save": "", "dbfilename": _BY_HAND},
}
"""The settings that follow from `spec.persistence`; CONFIG SET changes them."""

# Another database would be one that COPY fills and no command reads.
_DATABASES = {"databases": "1"}

_OUTPUT_LIMIT = "client-output-buffer-limit"
# Redis' own.
_OTHER_OUTPUT_LIMITS = "slave 268435456 67108864 60 pubsub 33554432 8388608 60"
# Redis' own default, and the least that it takes.
_REDIS_LARGEST_STRING, _LEAST_LARGEST_STRING = 512 * 2**20, 2**20
_LEAST_CLIENT_MEMORY = 32 * 2**20

_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F)} | {ord("\\"): "\\\\", ord('"'): '\\"'}


def live_settings(spec: InstanceSpec) -> dict[str, str]:
    """The settings that CONFIG SET changes while Redis runs, by name."""
    return {
        "maxmemory": str(spec.maxmemory),
        "maxmemory-policy": spec.eviction_policy,
        **PERSISTENCE[spec.persistence],
        "proto-max-bulk-len": str(largest_string(spec)),
        "maxmemory-clients": str(client_memory(spec.maxmemory)),
        **{name: value for name, value in spec.config.items() if name not in START_ONLY},
        _OUTPUT_LIMIT: _output_limit(spec),
    }


def largest_string(spec: InstanceSpec) -> int:
    """Bytes of the largest string in Redis and of the largest argument: a quarter of the memory for data, or the largest body of a request.

    SETRANGE, SETBIT and APPEND allocate that much at once, whatever `maxmemory` says. Redis closes the connection that sends more.
    """
    return min(_REDIS_LARGEST_STRING, max(_LEAST_LARGEST_STRING, spec.maxmemory // 4, spec.max_body_bytes))


def client_memory(maxmemory: int) -> int:
    """Bytes that requests and answers may take in Redis, which counts them as data: so they displace no more than an eighth of those.

    Beyond it, Redis closes the connection that takes most. A larger answer is more than the gateway would take.
    Source: https://redis.io/docs/latest/develop/reference/clients/
    """
    return max(maxmemory // 8, _LEAST_CLIENT_MEMORY)


def _output_limit(spec: InstanceSpec) -> str:
    own = spec.config.get(_OUTPUT_LIMIT, _OTHER_OUTPUT_LIMITS)
    return own if "normal" in own.lower().split() else f"normal {client_memory(spec.maxmemory)} 0 0 {own}"


def start_only_settings(spec: InstanceSpec) -> dict[str, str]:
    """The settings that only a start of Redis applies, by name."""
    return _DATABASES | {name: value for name, value in spec.config.items() if name in START_ONLY}


def redis_conf(settings: Mapping[str, str]) -> str:
    """The text of a redis.conf with these settings, whatever is in their values.

    Source: https://redis.io/docs/latest/operate/oss_and_stack/management/config/ on quoting.
    """
    return "".join(f'{name} "{value.translate(_ESCAPES)}"\n' for name, value in settings.items())
