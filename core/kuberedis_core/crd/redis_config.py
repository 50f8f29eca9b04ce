"""The settings of Redis that follow from a spec, the same in a cluster and in local mode.

Every setting is in one of two groups: the live ones change in the running Redis by CONFIG SET, the others only when it starts.

Each of several members starts quarantined: it follows nobody and cannot be promoted, until its sidecar knows whom it shall follow. So a
primary that comes back empty, or late, cannot have the others copy what it has.
"""

from __future__ import annotations

from collections.abc import Mapping

from kuberedis_core.crd.redis_options import START_ONLY
from kuberedis_core.crd.spec import InstanceSpec, Persistence
from kuberedis_core.redis_users import REPLICATION_USER

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

# Port 1 is nobody's. What the sidecar changes by CONFIG SET and REPLICAOF begins with this.
_QUARANTINE = {"replicaof": "127.0.0.1 1", "replica-priority": "0"}
_REPLICATION = {
    **_QUARANTINE,
    "masteruser": REPLICATION_USER,
    # The data of before stay until the new ones are there.
    "repl-diskless-load": "disabled",
    "repl-diskless-sync": "yes",
    "repl-diskless-sync-delay": "0",
    # Without persistence, what a replica was sent is not left on its disk.
    "rdb-del-sync-files": "yes",
}

_OUTPUT_LIMIT = "client-output-buffer-limit"
# Redis' own.
_OTHER_OUTPUT_LIMITS = "slave 268435456 67108864 60 pubsub 33554432 8388608 60"
_REPLICA_CLASSES = ("slave", "replica")
# Redis' own default, and the least that it takes.
_REDIS_LARGEST_STRING, _LEAST_LARGEST_STRING = 512 * 2**20, 2**20
_LEAST_CLIENT_MEMORY = 32 * 2**20
_LEAST_BACKLOG, _LARGEST_BACKLOG = 2**20, 64 * 2**20
_LEAST_REPLICA_BUFFER = 64 * 2**20

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
        **({"repl-backlog-size": str(replication_backlog(spec.maxmemory))} if spec.is_replicated else {}),
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


def replication_backlog(maxmemory: int) -> int:
    """Bytes of the stream that a replica can have missed and still catch up by, without a copy of everything."""
    return min(max(maxmemory // 16, _LEAST_BACKLOG), _LARGEST_BACKLOG)


def replica_buffer(maxmemory: int) -> int:
    """Bytes that a replica can be behind before its link is cut, which lets it begin anew; above all while it loads its first copy.

    All replicas share what they wait for, with the backlog, so this is what they take together.
    Source: https://github.com/redis/redis/pull/9166, part of Redis from 7.0 on.
    """
    return max(maxmemory // 4, _LEAST_REPLICA_BUFFER)


def _output_limit(spec: InstanceSpec) -> str:
    own = spec.config.get(_OUTPUT_LIMIT, _OTHER_OUTPUT_LIMITS)
    limits = own if "normal" in own.lower().split() else f"normal {client_memory(spec.maxmemory)} 0 0 {own}"
    return _with_replica_limit(limits, replica_buffer(spec.maxmemory)) if spec.is_replicated else limits


def _with_replica_limit(limits: str, buffer: int) -> str:
    """`client-output-buffer-limit` with that of replicas, in the order in which Redis itself shows it."""
    words = limits.split()
    own = {words[start].lower(): words[start + 1 : start + 4] for start in range(0, len(words), 4)}
    others = {name: limit for name, limit in own.items() if name not in _REPLICA_CLASSES}
    classes = {"normal": others.pop("normal", []), "slave": [str(buffer), "0", "0"], **others}
    return " ".join(" ".join((name, *limit)) for name, limit in classes.items())


def start_only_settings(spec: InstanceSpec) -> dict[str, str]:
    """The settings that only a start of Redis applies, by name."""
    own = {name: value for name, value in spec.config.items() if name in START_ONLY}
    return _DATABASES | (_REPLICATION if spec.is_replicated else {}) | own


def redis_conf(settings: Mapping[str, str]) -> str:
    """The text of a redis.conf with these settings, whatever is in their values.

    Source: https://redis.io/docs/latest/operate/oss_and_stack/management/config/ on quoting.
    """
    return "".join(f'{name} "{value.translate(_ESCAPES)}"\n' for name, value in settings.items())
