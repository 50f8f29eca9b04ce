"""The metrics of the Redis of a pod, from the fields of its INFO (https://redis.io/docs/latest/commands/info/). Pure.

What Redis says is not trusted: a field that is not what it should be is left out, and a text becomes the value of a label only if it is a
plain word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Literal

from kuberedis_core.exposition import Family, labels

# Field, name of the metric without its prefix, type, help. A field that is no number says "ok", or else something is wrong.
_FIELDS: tuple[tuple[str, str, Literal["counter", "gauge"], str], ...] = (
    ("used_memory", "memory_used_bytes", "gauge", "Bytes that Redis has allocated"),
    ("used_memory_rss", "memory_rss_bytes", "gauge", "Bytes of Redis' resident memory"),
    ("mem_fragmentation_ratio", "memory_fragmentation_ratio", "gauge", "Resident memory of Redis divided by what it has allocated"),
    ("maxmemory", "memory_max_bytes", "gauge", "Redis' maxmemory in bytes, 0 for none"),
    ("uptime_in_seconds", "uptime_seconds", "gauge", "Seconds since Redis was started"),
    ("connected_clients", "connected_clients", "gauge", "Client connections of Redis"),
    ("blocked_clients", "blocked_clients", "gauge", "Clients of Redis that wait in a blocking command"),
    ("maxclients", "max_clients", "gauge", "The most client connections that Redis takes"),
    ("rejected_connections", "rejected_connections_total", "counter", "Connections refused because of the most that Redis takes"),
    ("total_commands_processed", "commands_processed_total", "counter", "Commands executed by Redis, whoever sent them"),
    ("keyspace_hits", "keyspace_hits_total", "counter", "Successful lookups of keys"),
    ("keyspace_misses", "keyspace_misses_total", "counter", "Failed lookups of keys"),
    ("evicted_keys", "evicted_keys_total", "counter", "Keys evicted because of maxmemory"),
    ("expired_keys", "expired_keys_total", "counter", "Keys that expired"),
    ("connected_slaves", "connected_replicas", "gauge", "Replicas that are connected to Redis"),
    ("loading", "loading", "gauge", "Whether Redis loads its data"),
    ("aof_last_write_status", "aof_last_write_ok", "gauge", "Whether the last write to the append-only file succeeded"),
    ("aof_last_bgrewrite_status", "aof_last_rewrite_ok", "gauge", "Whether the last rewrite of the append-only file succeeded"),
    ("aof_delayed_fsync", "aof_delayed_fsync_total", "counter", "Syncs of the append-only file that the disk delayed"),
    ("rdb_last_bgsave_status", "rdb_last_save_ok", "gauge", "Whether the last snapshot succeeded"),
    ("rdb_last_save_time", "rdb_last_save_timestamp_seconds", "gauge", "Unix time of the last snapshot that succeeded, or of the start"),
    ("rdb_changes_since_last_save", "changes_since_last_save", "gauge", "Changes since the last snapshot"),
)
_CPU_FIELDS = {"user": "used_cpu_user", "system": "used_cpu_sys"}
_WORD = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,31}")


class RedisFamilies:
    """The metrics of the Redis servers of any number of instances."""

    def __init__(self) -> None:
        self._fields = [(field, Family(f"kuberedis_redis_{name}", kind, text)) for field, name, kind, text in _FIELDS]
        self._cpu = Family("kuberedis_redis_cpu_seconds_total", "counter", "Seconds of processor time that Redis has used")
        self._policy = Family("kuberedis_redis_eviction_policy", "gauge", "1 for what Redis does when its memory is full")
        self._role = Family("kuberedis_redis_role", "gauge", "1 for the role of the Redis server")
        self._keys = Family("kuberedis_redis_keys", "gauge", "Keys in the database")
        self._expiring = Family("kuberedis_redis_expiring_keys", "gauge", "Keys in the database that expire")
        self._slow = Family("kuberedis_redis_slowlog_length", "gauge", "Commands in Redis' slow log")

    def add(self, tags: str, info: Mapping[str, str], slowlog: int | None) -> None:
        """Add those of an instance.

        Args:
            tags: Its labels.
            info: The fields of INFO; empty when there was no reply.
            slowlog: How many commands the slow log has; None when there was no reply.
        """
        if not info:
            return
        for field, family in self._fields:
            if (value := _value(info.get(field))) is not None:
                family.add(tags, value)
        for mode, field in _CPU_FIELDS.items():
            if (seconds := _value(info.get(field))) is not None:
                self._cpu.add(f"{tags},{labels(mode=mode)}", seconds)
        self._policy.add(f"{tags},{labels(policy=word(info.get('maxmemory_policy')))}", 1)
        self._role.add(f"{tags},{labels(role=word(info.get('role')))}", 1)
        database = keyspace(info)
        self._keys.add(tags, _value(database.get("keys", "0")) or 0)
        self._expiring.add(tags, _value(database.get("expires", "0")) or 0)
        if slowlog is not None:
            self._slow.add(tags, slowlog)

    def families(self) -> Iterator[Family]:
        """All of them."""
        yield from (family for _, family in self._fields)
        yield from (self._cpu, self._policy, self._role, self._keys, self._expiring, self._slow)


def keyspace(info: Mapping[str, str]) -> dict[str, str]:
    """What INFO says of the database, such as ``keys=3,expires=0,…``; nothing while it is empty."""
    return dict(part.split("=", 1) for part in info.get("db0", "").split(",") if "=" in part)


def word(text: str | None) -> str:
    """A text of INFO as the value of a label; ``unknown`` if it is no plain word."""
    return text if text is not None and _WORD.fullmatch(text) else "unknown"


def server_version(info: Mapping[str, str]) -> str:
    """What Redis calls its own version, which of Valkey is not that of the Redis it is compatible with."""
    return word(info.get("valkey_version") or info.get("redis_version"))


def _value(text: str | None) -> float | None:
    """A number, or 1 for "ok" and 0 for its opposite; None for anything else."""
    if text in ("ok", "err", "fail"):
        return int(text == "ok")
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if isfinite(value) else None
