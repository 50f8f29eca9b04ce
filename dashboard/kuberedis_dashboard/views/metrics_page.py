"""Figures from the page in Prometheus' text format that a sidecar has at `/metrics`."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

_FIELDS = {
    "kuberedis_redis_keys": "keys",
    "kuberedis_redis_connected_clients": "connected_clients",
    "kuberedis_redis_memory_used_bytes": "memory_used_bytes",
    "kuberedis_redis_memory_max_bytes": "memory_max_bytes",
    "kuberedis_redis_settings_refused": "refused_settings",
    "kuberedis_redis_uptime_seconds": "uptime_seconds",
    "kuberedis_member_replication_lag_seconds": "replication_lag_seconds",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """An instance's Redis at this moment; None where the page does not say."""

    keys: float | None = None
    connected_clients: float | None = None
    memory_used_bytes: float | None = None
    memory_max_bytes: float | None = None
    """0 for no limit."""
    refused_settings: float | None = None
    """How many settings of `spec.config` Redis did not take."""
    uptime_seconds: float | None = None
    replication_lag_seconds: float | None = None


def figures(page: str, name: str) -> Figures:
    """The figures of the instance `name` on a page.

    Raises:
        ValueError: It is not such a page.
    """
    # A page has some thousand lines of which these are few.
    wanted = "".join(f"{line}\n" for line in page.split("\n") if line.startswith(tuple(_FIELDS)))
    samples = (sample for family in text_string_to_metric_families(wanted) for sample in family.samples)
    found = {_FIELDS[each.name]: each.value for each in samples if each.name in _FIELDS and each.labels.get("name") == name}
    return Figures(**found)
