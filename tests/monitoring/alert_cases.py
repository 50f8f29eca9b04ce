"""When each alert fires and when it does not: series, a minute between two values, and the time at which it is looked at.

Values are in promtool's notation (https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series): `1x5` is six
times 1, `0+10x5` begins with 0 and adds 10 each minute.
"""

from typing import NamedTuple

Series = dict[str, str]


class Case(NamedTuple):
    """Series, and whether the alert fires at a time."""

    at: str
    fires: bool
    series: Series


def sidecar(metric: str, labels: str = "", pod: str = "cache-0") -> str:
    """A series of a sidecar, as its target labels it."""
    return f'{metric}{{namespace="shop", name="cache", pod="{pod}"{", " + labels if labels else ""}}}'


def condition(type_: str, status: str, reason: str = "Any") -> str:
    """A series of the operator about a condition."""
    return f'kuberedis_instance_condition{{namespace="shop", name="cache", condition="{type_}", status="{status}", reason="{reason}"}}'


def of_instance(metric: str) -> str:
    """A series of the operator about an instance."""
    return f'{metric}{{namespace="shop", name="cache"}}'


def requests(status: int) -> str:
    """The counter of requests with that status."""
    return sidecar("kuberedis_http_requests_total", f'route="/", method="POST", status="{status}"')


def replies(within: str) -> str:
    """The counter of batches whose replies came within so many seconds."""
    return sidecar("kuberedis_redis_duration_seconds_bucket", f'le="{within}"')


PAUSED = of_instance("kuberedis_instance_paused")
UP = "kuberedis_redis_up"
USED, MOST = sidecar("kuberedis_redis_memory_used_bytes"), sidecar("kuberedis_redis_memory_max_bytes")
NO_EVICTION = sidecar("kuberedis_redis_eviction_policy", 'policy="noeviction"')
LRU = sidecar("kuberedis_redis_eviction_policy", 'policy="allkeys-lru"')
EVICTED, KEYS = sidecar("kuberedis_redis_evicted_keys_total"), sidecar("kuberedis_redis_keys")
UPTIME = sidecar("kuberedis_redis_uptime_seconds")
MEMBERS, IN_SYNC = of_instance("kuberedis_instance_members"), of_instance("kuberedis_instance_in_sync_members")
QUORUM = "kuberedis_member_quorum"
EXPIRES = sidecar("kuberedis_tls_not_after_seconds")
LIMIT = sidecar("kuberedis_http_refused_requests_total", 'cause="limit_requests"')
FORBIDDEN = sidecar("kuberedis_http_refused_requests_total", 'cause="forbidden"')
FAULTS = 'kuberedis_operator_reconciles_total{namespace="kuberedis-system", pod="operator", result="fault"}'
BUILD = 'kuberedis_operator_build_info{namespace="kuberedis-system", pod="operator", version="0.1.0"}'
AGE, INTERVAL = "kuberedis_operator_resync_age_seconds", "kuberedis_operator_resync_interval_seconds"
OLDEST = "kuberedis_operator_queue_oldest_seconds"
AOF_WRITE, AOF_REWRITE, RDB = (sidecar(f"kuberedis_redis_{name}_ok") for name in ("aof_last_write", "aof_last_rewrite", "rdb_last_save"))

CASES: dict[str, list[Case]] = {
    "KubeRedisInstanceDown": [
        Case("3m", True, {sidecar(UP): "0x9"}),
        Case("3m", False, {sidecar(UP): "1x9"}),
        # One of three members is up, and serves.
        Case("3m", False, {sidecar(UP): "0x9", sidecar(UP, pod="cache-1"): "1x9"}),
        # Brief: a restart.
        Case("3m", False, {sidecar(UP): "1 1 1 0 1"}),
    ],
    "KubeRedisInstanceNotReady": [
        # What is wrong changes meanwhile.
        Case("11m", True, {condition("Ready", "False", "A"): "1x5", condition("Ready", "False", "B"): "_x5 1x9", PAUSED: "0x20"}),
        Case("11m", False, {condition("Ready", "False"): "1x20", PAUSED: "1x20"}),
        Case("11m", False, {condition("Ready", "True"): "1x20", PAUSED: "0x20"}),
        Case("9m", False, {condition("Ready", "False"): "1x20", PAUSED: "0x20"}),
    ],
    "KubeRedisInstanceDegraded": [
        Case("6m", True, {condition("Degraded", "True"): "1x9"}),
        Case("6m", False, {condition("Degraded", "False"): "1x9"}),
    ],
    "KubeRedisRestartLoop": [
        Case("20m", True, {UPTIME: "10 70 5 65 5 65 5+60x20"}),
        Case("20m", False, {UPTIME: "10 70 5 65 5+60x20"}),
    ],
    "KubeRedisMemoryNearlyFull": [
        Case("12m", True, {USED: "95x20", MOST: "100x20", NO_EVICTION: "1x20"}),
        Case("12m", False, {USED: "95x20", MOST: "100x20", LRU: "1x20"}),
        Case("12m", False, {USED: "85x20", MOST: "100x20", NO_EVICTION: "1x20"}),
        # Without maxmemory.
        Case("12m", False, {USED: "95x20", MOST: "0x20", NO_EVICTION: "1x20"}),
    ],
    "KubeRedisEvictionsHigh": [
        Case("80m", True, {EVICTED: "0+100x90", KEYS: "5000x90"}),
        Case("80m", False, {EVICTED: "0+10x90", KEYS: "5000x90"}),
    ],
    "KubeRedisErrorBudgetBurnFast": [
        Case("70m", True, {requests(200): "0+98x80", requests(503): "0+2x80"}),
        Case("70m", False, {requests(200): "0+999x80", requests(503): "0+1x80"}),
        # What a client does wrong is no error of the instance's.
        Case("70m", False, {requests(200): "0+50x80", requests(429): "0+50x80"}),
        # Over by now.
        Case("70m", False, {requests(200): "0+98x80", requests(503): "0+2x60 120x20"}),
        # One failure of few requests.
        Case("70m", False, {requests(200): "0+1x80", requests(503): "0x66 1x20"}),
    ],
    "KubeRedisErrorBudgetBurnSlow": [
        Case("400m", True, {requests(200): "0+990x420", requests(503): "0+10x420"}),
        Case("400m", False, {requests(200): "0+9990x420", requests(503): "0+10x420"}),
    ],
    "KubeRedisLatencyHigh": [
        Case("16m", True, {replies("0.1"): "0+90x20", replies("0.25"): "0+100x20", replies("+Inf"): "0+100x20"}),
        Case("16m", False, {replies("0.1"): "0+100x20", replies("0.25"): "0+100x20", replies("+Inf"): "0+100x20"}),
        Case("16m", False, {replies("0.1"): "0x20", replies("0.25"): "0x20", replies("+Inf"): "0x20"}),
    ],
    "KubeRedisLimitReached": [
        Case("14m", True, {LIMIT: "0+5x20"}),
        Case("14m", False, {LIMIT: "0x3 5x20"}),
        Case("14m", False, {FORBIDDEN: "0+5x20"}),
    ],
    "KubeRedisPersistenceFailing": [
        *(
            Case("3m", True, {each: "0x9" if each == failing else "1x9" for each in (AOF_WRITE, AOF_REWRITE, RDB)})
            for failing in (AOF_WRITE, AOF_REWRITE, RDB)
        ),
        Case("3m", False, dict.fromkeys((AOF_WRITE, AOF_REWRITE, RDB), "1x9")),
    ],
    "KubeRedisSettingsRefused": [
        Case("7m", True, {sidecar("kuberedis_redis_settings_refused"): "2x9"}),
        Case("7m", False, {sidecar("kuberedis_redis_settings_refused"): "0x9"}),
    ],
    "KubeRedisReplicationBroken": [
        Case("12m", True, {MEMBERS: "3x20", IN_SYNC: "2x20"}),
        Case("12m", False, {MEMBERS: "3x20", IN_SYNC: "3x20"}),
        Case("12m", False, {MEMBERS: "3x20", IN_SYNC: "2x5 3x20"}),
        # Stopped: paused, and without pods.
        Case("12m", False, {MEMBERS: "3x20", IN_SYNC: "0x20", PAUSED: "1x20"}),
    ],
    "KubeRedisNoFailoverPossible": [
        Case("5m", True, {MEMBERS: "3x9", IN_SYNC: "1x9"}),
        Case("5m", True, {IN_SYNC: "3x9", sidecar(QUORUM): "0x9", sidecar(QUORUM, pod="cache-1"): "0x9"}),
        Case("5m", False, {MEMBERS: "3x9", IN_SYNC: "0x9", PAUSED: "1x9"}),
        Case("5m", False, {MEMBERS: "3x9", IN_SYNC: "2x9", sidecar(QUORUM): "1x9", sidecar(QUORUM, pod="cache-1"): "0x9"}),
    ],
    "KubeRedisCertificateExpiring": [
        Case("20m", True, {EXPIRES: "500000x30"}),
        Case("20m", False, {EXPIRES: "7000000x30"}),
    ],
    "KubeRedisOperatorDown": [
        Case("7m", True, {BUILD: "_x9"}),
        Case("7m", False, {BUILD: "1x9"}),
    ],
    "KubeRedisReconcileFaults": [
        Case("5m", True, {FAULTS: "0 0 1x9"}),
        Case("5m", False, {FAULTS: "4x9"}),
    ],
    "KubeRedisResyncStalled": [
        Case("5m", True, {AGE: "700x9", INTERVAL: "300x9"}),
        Case("5m", False, {AGE: "500x9", INTERVAL: "300x9"}),
        Case("5m", False, {AGE: "700x9", INTERVAL: "3600x9"}),
    ],
    "KubeRedisQueueStuck": [
        Case("7m", True, {OLDEST: "400x9"}),
        Case("7m", False, {OLDEST: "100x9"}),
    ],
}
