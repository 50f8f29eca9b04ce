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
    value: float | None = None
    """What its expression is then, which says how it sums up several members; None if that is no matter."""


def sidecar(metric: str, labels: str = "", pod: str = "cache-0") -> str:
    """A series of a sidecar, as its target labels it."""
    return f'{metric}{{namespace="shop", name="cache", pod="{pod}"{", " + labels if labels else ""}}}'


def of_operator(metric: str, pod: str = "a") -> str:
    """A series of the operator about itself. While one replaces another, there are two."""
    return f'{metric}{{namespace="kuberedis-system", pod="{pod}"}}'


def condition(type_: str, status: str, reason: str = "Any") -> str:
    """A series of the operator about a condition."""
    return f'kuberedis_instance_condition{{namespace="shop", name="cache", condition="{type_}", status="{status}", reason="{reason}"}}'


def of_instance(metric: str, pod: str = "a") -> str:
    """A series of an operator about an instance."""
    return f'{metric}{{namespace="shop", name="cache", pod="{pod}"}}'


def requests(status: int, pod: str = "cache-0") -> str:
    """The counter of requests with that status."""
    return sidecar("kuberedis_http_requests_total", f'route="/", method="POST", status="{status}"', pod)


def replies(within: str, pod: str = "cache-0") -> str:
    """The counter of batches whose replies came within so many seconds."""
    return sidecar("kuberedis_redis_duration_seconds_bucket", f'le="{within}"', pod)


def of_two(*values: tuple[str, str]) -> Series:
    """The histograms of two members, as the counters of replies within 100 ms and of all, which came within 250 ms."""
    return {
        replies(within, f"cache-{ordinal}"): text
        for ordinal, (fast, all_) in enumerate(values)
        for within, text in (("0.1", fast), ("0.25", all_), ("+Inf", all_))
    }


def on_three(status: int, values: str) -> Series:
    """The counter of requests with that status, alike on three members."""
    return {requests(status, f"cache-{ordinal}"): values for ordinal in range(3)}


PAUSED = of_instance("kuberedis_instance_paused")
UP = "kuberedis_redis_up"
USED, MOST = sidecar("kuberedis_redis_memory_used_bytes"), sidecar("kuberedis_redis_memory_max_bytes")
USED_1, MOST_1 = (sidecar(f"kuberedis_redis_memory_{name}_bytes", pod="cache-1") for name in ("used", "max"))
NO_EVICTION, NO_EVICTION_1 = (sidecar("kuberedis_redis_eviction_policy", 'policy="noeviction"', pod) for pod in ("cache-0", "cache-1"))
LRU = sidecar("kuberedis_redis_eviction_policy", 'policy="allkeys-lru"')
EVICTED, KEYS = sidecar("kuberedis_redis_evicted_keys_total"), sidecar("kuberedis_redis_keys")
EVICTED_1, KEYS_1 = sidecar("kuberedis_redis_evicted_keys_total", pod="cache-1"), sidecar("kuberedis_redis_keys", pod="cache-1")
UPTIME, UPTIME_1 = (sidecar("kuberedis_redis_uptime_seconds", pod=pod) for pod in ("cache-0", "cache-1"))
REFUSED, REFUSED_1 = (sidecar("kuberedis_redis_settings_refused", pod=pod) for pod in ("cache-0", "cache-1"))
MEMBERS, IN_SYNC = of_instance("kuberedis_instance_members"), of_instance("kuberedis_instance_in_sync_members")
MEMBERS_B, IN_SYNC_B = of_instance("kuberedis_instance_members", "b"), of_instance("kuberedis_instance_in_sync_members", "b")
QUORUM = "kuberedis_member_quorum"
EXPIRES, EXPIRES_1 = (sidecar("kuberedis_tls_not_after_seconds", pod=pod) for pod in ("cache-0", "cache-1"))
LIMIT, LIMIT_1 = (sidecar("kuberedis_http_refused_requests_total", 'cause="limit_requests"', pod) for pod in ("cache-0", "cache-1"))
FORBIDDEN = sidecar("kuberedis_http_refused_requests_total", 'cause="forbidden"')
FAULTS, FAULTS_B = (
    f'kuberedis_operator_reconciles_total{{namespace="kuberedis-system", pod="{pod}", result="fault"}}' for pod in ("a", "b")
)
BUILD = 'kuberedis_operator_build_info{namespace="kuberedis-system", pod="a", version="0.1.0"}'
AGE, AGE_B = (of_operator("kuberedis_operator_resync_age_seconds", pod) for pod in ("a", "b"))
INTERVAL, INTERVAL_B = (of_operator("kuberedis_operator_resync_interval_seconds", pod) for pod in ("a", "b"))
OLDEST, OLDEST_B = (of_operator("kuberedis_operator_queue_oldest_seconds", pod) for pod in ("a", "b"))
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
        # What is over would count for nothing if it were told as 0.
        Case("11m", True, {condition("Ready", "False", "A"): "0x20", condition("Ready", "False", "B"): "1x20"}),
    ],
    "KubeRedisInstanceDegraded": [
        Case("6m", True, {condition("Degraded", "True"): "1x9"}),
        Case("6m", False, {condition("Degraded", "False"): "1x9"}),
        # As that of NotReady.
        Case("6m", True, {condition("Degraded", "True", "A"): "0x9", condition("Degraded", "True", "B"): "1x9"}),
        # One reason and then another, while an operator replaces the other.
        Case("6m", True, {condition("Degraded", "True", "A"): "1x9", condition("Degraded", "True", "B"): "1x9"}),
    ],
    "KubeRedisRestartLoop": [
        Case("20m", True, {UPTIME: "10 70 5 65 5 65 5+60x20"}),
        Case("20m", False, {UPTIME: "10 70 5 65 5+60x20"}),
        # One member alone restarts often enough.
        Case("20m", True, {UPTIME: "10 70 5 65 5 65 5+60x20", UPTIME_1: "10 70 5+60x20"}, value=3),
    ],
    "KubeRedisMemoryNearlyFull": [
        Case("12m", True, {USED: "95x20", MOST: "100x20", NO_EVICTION: "1x20"}),
        Case("12m", False, {USED: "95x20", MOST: "100x20", LRU: "1x20"}),
        Case("12m", False, {USED: "85x20", MOST: "100x20", NO_EVICTION: "1x20"}),
        # The fullest member counts.
        Case(
            "12m",
            True,
            {USED: "95x20", MOST: "100x20", NO_EVICTION: "1x20", USED_1: "10x20", MOST_1: "100x20", NO_EVICTION_1: "1x20"},
            0.95,
        ),
        # Without maxmemory.
        Case("12m", False, {USED: "95x20", MOST: "0x20", NO_EVICTION: "1x20"}),
    ],
    "KubeRedisEvictionsHigh": [
        Case("80m", True, {EVICTED: "0+100x90", KEYS: "5000x90"}),
        Case("80m", False, {EVICTED: "0+10x90", KEYS: "5000x90"}),
        # Members of one instance: each has all keys, and a replica does not evict by itself.
        Case("80m", True, {EVICTED: "0+100x90", EVICTED_1: "0+50x90", KEYS: "5000x90", KEYS_1: "5000x90"}, value=6000),
        # A member that is being filled.
        Case("80m", False, {EVICTED: "0+60x90", KEYS: "5000x90", KEYS_1: "100x90"}),
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
        # Few on each member, and enough together.
        Case("70m", True, on_three(503, "0+0.1x80") | on_three(200, "0+4x80")),
        # Many of one member's, few of all: within the hour, and lately.
        Case("70m", False, on_three(200, "0+40x80") | {requests(503): "0x62 8+8x18"}),
        Case("70m", False, on_three(200, "0+40x80") | {requests(503): "0+20x60 1201+1x20"}),
    ],
    "KubeRedisErrorBudgetBurnSlow": [
        Case("400m", True, {requests(200): "0+990x420", requests(503): "0+10x420"}),
        Case("400m", False, {requests(200): "0+9990x420", requests(503): "0+10x420"}),
        # As those of the fast burn.
        Case("400m", True, on_three(503, "0+0.02x420") | on_three(200, "0+1.5x420")),
        Case("400m", False, on_three(200, "0+40x420") | {requests(503): "0x360 4+4x60"}),
        Case("400m", False, on_three(200, "0+40x420") | {requests(503): "0+4x360 1440.5+0.5x60"}),
    ],
    "KubeRedisLatencyHigh": [
        Case("16m", True, {replies("0.1"): "0+90x20", replies("0.25"): "0+100x20", replies("+Inf"): "0+100x20"}),
        Case("16m", False, {replies("0.1"): "0+100x20", replies("0.25"): "0+100x20", replies("+Inf"): "0+100x20"}),
        Case("16m", False, {replies("0.1"): "0x20", replies("0.25"): "0x20", replies("+Inf"): "0x20"}),
        # Of all members together: half of one's are slow, and of another's that has few requests all.
        Case("16m", True, of_two(("0+100x20", "0+100x20"), ("0x20", "0+50x20"))),
        Case("16m", False, of_two(("0+1000x20", "0+1000x20"), ("0x20", "0+5x20"))),
    ],
    "KubeRedisLimitReached": [
        Case("14m", True, {LIMIT: "0+5x20"}),
        Case("14m", False, {LIMIT: "0x3 5x20"}),
        Case("14m", False, {FORBIDDEN: "0+5x20"}),
        # Of all members together.
        Case("14m", True, {LIMIT: "0+5x20", LIMIT_1: "0+2x20"}, value=35),
    ],
    "KubeRedisPersistenceFailing": [
        *(
            Case("3m", True, {each: "0x9" if each == failing else "1x9" for each in (AOF_WRITE, AOF_REWRITE, RDB)})
            for failing in (AOF_WRITE, AOF_REWRITE, RDB)
        ),
        Case("3m", False, dict.fromkeys((AOF_WRITE, AOF_REWRITE, RDB), "1x9")),
        # One member of two.
        *(Case("3m", True, {each: "0x9", each.replace("cache-0", "cache-1"): "1x9"}) for each in (AOF_WRITE, AOF_REWRITE, RDB)),
    ],
    "KubeRedisSettingsRefused": [
        Case("7m", True, {REFUSED: "2x9"}),
        Case("7m", False, {REFUSED: "0x9"}),
        # Members refuse the same ones.
        Case("7m", True, {REFUSED: "2x9", REFUSED_1: "1x9"}, value=2),
    ],
    "KubeRedisReplicationBroken": [
        Case("12m", True, {MEMBERS: "3x20", IN_SYNC: "2x20"}),
        Case("12m", False, {MEMBERS: "3x20", IN_SYNC: "3x20"}),
        Case("12m", False, {MEMBERS: "3x20", IN_SYNC: "2x5 3x20"}),
        # Two operators that have not seen the same.
        Case("12m", True, {MEMBERS: "3x20", MEMBERS_B: "3x20", IN_SYNC: "1x20", IN_SYNC_B: "2x20"}, value=2),
        # Stopped: paused, and without pods.
        Case("12m", False, {MEMBERS: "3x20", IN_SYNC: "0x20", PAUSED: "1x20"}),
    ],
    "KubeRedisNoFailoverPossible": [
        Case("5m", True, {MEMBERS: "3x9", IN_SYNC: "1x9"}),
        Case("5m", True, {IN_SYNC: "3x9", sidecar(QUORUM): "0x9", sidecar(QUORUM, pod="cache-1"): "0x9"}),
        Case("5m", False, {MEMBERS: "3x9", IN_SYNC: "0x9", PAUSED: "1x9"}),
        Case("5m", False, {MEMBERS: "3x9", IN_SYNC: "2x9", sidecar(QUORUM): "1x9", sidecar(QUORUM, pod="cache-1"): "0x9"}),
        # Two operators, one of which is behind.
        Case("5m", False, {IN_SYNC: "1x9", IN_SYNC_B: "2x9"}),
        Case("5m", True, {IN_SYNC: "1x9", IN_SYNC_B: "1x9"}),
    ],
    "KubeRedisCertificateExpiring": [
        Case("20m", True, {EXPIRES: "500000x30"}),
        Case("20m", False, {EXPIRES: "7000000x30"}),
        # One member has another.
        Case("20m", True, {EXPIRES: "500000x30", EXPIRES_1: "7000000x30"}),
    ],
    "KubeRedisOperatorDown": [
        Case("7m", True, {BUILD: "_x9"}),
        Case("7m", False, {BUILD: "1x9"}),
    ],
    "KubeRedisReconcileFaults": [
        Case("5m", True, {FAULTS: "0 0 1x9"}),
        Case("5m", False, {FAULTS: "4x9"}),
        Case("12m", True, {FAULTS: "0+2x20", FAULTS_B: "0+1x20"}, value=30),
    ],
    "KubeRedisResyncStalled": [
        Case("5m", True, {AGE: "700x9", INTERVAL: "300x9"}),
        Case("5m", False, {AGE: "500x9", INTERVAL: "300x9"}),
        Case("5m", False, {AGE: "700x9", INTERVAL: "3600x9"}),
        # Two operators: that which is worse off, by the longer interval.
        Case("5m", True, {AGE: "700x9", AGE_B: "650x9", INTERVAL: "300x9", INTERVAL_B: "300x9"}, value=700),
        Case("5m", False, {AGE: "700x9", INTERVAL: "300x9", INTERVAL_B: "330x9"}),
    ],
    "KubeRedisQueueStuck": [
        Case("7m", True, {OLDEST: "400x9"}),
        Case("7m", False, {OLDEST: "100x9"}),
        Case("7m", True, {OLDEST: "400x9", OLDEST_B: "350x9"}, value=400),
    ],
}
