"""The expressions by which Prometheus is asked for the figures of one instance. Pure.

`namespace` and `pod` are the labels that a PodMonitor gives each series; `name` is the sidecar's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from kuberedis_core.crd.names import NamespacedName, check_name
from kuberedis_core.crd.text_rules import namespace

_SHORTEST_WINDOW = 120
"""Seconds over which a rate is taken at least, so that it has several scrapes whatever their interval."""


def expressions(instance: NamespacedName, step: int) -> Mapping[str, str]:
    """The expressions by the names of the series.

    Args:
        instance: The instance.
        step: Seconds between two points.

    Raises:
        ValueError: No instance has such a name; nothing else may enter an expression.
    """
    of = f'{{namespace="{namespace(instance.namespace)}",name="{check_name(instance.name)}"}}'
    window = f"[{max(step, _SHORTEST_WINDOW)}s]"
    hits, misses = (f"sum(rate(kuberedis_redis_keyspace_{kind}_total{of}{window}))" for kind in ("hits", "misses"))
    buckets = f"sum by (le) (rate(kuberedis_http_request_duration_seconds_bucket{of}{window}))"
    return {
        # Of several members the primary executes most; what a replica does is the same once more.
        "commands_per_second": f"max(sum by (pod) (rate(kuberedis_commands_total{of}{window})))",
        "latency_p50_seconds": f"histogram_quantile(0.5, {buckets})",
        "latency_p99_seconds": f"histogram_quantile(0.99, {buckets})",
        "memory_used_bytes": f"max(kuberedis_redis_memory_used_bytes{of})",
        "memory_max_bytes": f"max(kuberedis_redis_memory_max_bytes{of})",
        "hit_ratio": f"{hits} / ({hits} + {misses})",
    }
