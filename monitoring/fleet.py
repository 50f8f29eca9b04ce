"""The dashboard of all instances: which of them need somebody, and how the operator does."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.panels import FLEET, Query, Row, assemble, graph, label_variable, listing, number

_SELECTED = 'namespace=~"$namespace"'
_BY = "by (namespace, name)"
_LEGEND = "{{namespace}}/{{name}}"
_NOT_READY = (
    f'max {_BY} (kuberedis_instance_condition{{condition="Ready", status!="True", {_SELECTED}}})'
    f" unless on (namespace, name) kuberedis_instance_paused == 1"
)
_DEGRADED = f'max {_BY} (kuberedis_instance_condition{{condition="Degraded", status="True", {_SELECTED}}})'
_EVERYTHING = '{__name__=~"kuberedis_instance_paused|kuberedis_redis_up"}'


def dashboard() -> Dashboard:
    """The dashboard."""
    return assemble(
        FLEET,
        "KubeRedis / Fleet",
        "All instances: which of them need somebody, which are busy, and how the operator does.",
        [label_variable("namespace", _EVERYTHING, all_of_them=True)],
        [_now(), _requests(), _redis(), _members(), _operator()],
    )


def _worst(expression: str) -> str:
    return f"topk(10, {expression})"


def _rate(metric: str, labels: str = "") -> str:
    return f"sum {_BY} (rate({metric}{{{_SELECTED}{labels}}}[$__rate_interval]))"


def _now() -> Row:
    attention = (
        f'max by (namespace, name, condition, reason) (kuberedis_instance_condition{{condition="Degraded", status="True", {_SELECTED}}}'
        f' or kuberedis_instance_condition{{condition="Ready", status!="True", {_SELECTED}}}'
        " unless on (namespace, name) kuberedis_instance_paused == 1)"
    )
    firing = f'max by (severity, alertname, namespace, name) (ALERTS{{alertname=~"KubeRedis.*", alertstate="firing", {_SELECTED}}})'
    return Row(
        "Now",
        [
            number("Instances", f"count(kuberedis_instance_paused{{{_SELECTED}}}) or vector(0)"),
            number("Not ready", f"count({_NOT_READY}) or vector(0)", bad="red", text="Without those that are paused."),
            number("Need somebody", f"count({_DEGRADED}) or vector(0)", bad="orange", text="The condition Degraded is true."),
            number("Without failover", f"count(kuberedis_instance_in_sync_members{{{_SELECTED}}} < 2) or vector(0)", bad="red"),
            number("Paused", f"sum(kuberedis_instance_paused{{{_SELECTED}}}) or vector(0)"),
            number("Operator", "max by (version) (kuberedis_operator_build_info)", legend="{{version}}"),
            listing("What needs attention", attention, ["namespace", "name", "condition", "reason"]),
            listing("Alerts that fire", firing, ["severity", "alertname", "namespace", "name"], text="Where the rules are installed."),
        ],
    )


def _requests() -> Row:
    total, failed = _rate("kuberedis_http_requests_total"), _rate("kuberedis_http_requests_total", ', status=~"5.."')
    buckets = f"sum by (namespace, name, le) (rate(kuberedis_http_request_duration_seconds_bucket{{{_SELECTED}}}[$__rate_interval]))"
    refused = f"sum by (cause) (rate(kuberedis_http_refused_requests_total{{{_SELECTED}}}[$__rate_interval])) > 0"
    return Row(
        "Requests: the ten highest",
        [
            graph("Requests", "reqps", Query(_worst(total), _LEGEND), width=6),
            graph("Share that failed (5xx)", "percentunit", Query(_worst(f"({failed} or 0 * {total}) / ({total} > 0)"), _LEGEND), width=6),
            graph(
                "99th percentile of the duration",
                "s",
                Query(_worst(f"histogram_quantile(0.99, {buckets}) > 0"), _LEGEND),
                width=6,
                text="From a request to its answer, with commands that wait on purpose.",
            ),
            graph("Refused, by cause", "reqps", Query(refused, "{{cause}}"), width=6, text="Of all instances together."),
        ],
    )


def _redis() -> Row:
    used = f"max {_BY} (kuberedis_redis_memory_used_bytes{{{_SELECTED}}} / (kuberedis_redis_memory_max_bytes{{{_SELECTED}}} > 0))"
    return Row(
        "Redis: the ten highest",
        [
            graph("Memory in use, of maxmemory", "percentunit", Query(_worst(used), _LEGEND), width=6),
            graph("Evicted keys", "ops", Query(_worst(_rate("kuberedis_redis_evicted_keys_total")), _LEGEND), width=6),
            graph("CPU", "none", Query(_worst(_rate("kuberedis_redis_cpu_seconds_total")), _LEGEND), width=6, text="Processors in use."),
            graph("Commands", "ops", Query(_worst(_rate("kuberedis_redis_commands_processed_total")), _LEGEND), width=6),
        ],
    )


def _members() -> Row:
    missing = f"kuberedis_instance_members{{{_SELECTED}}} - kuberedis_instance_in_sync_members{{{_SELECTED}}}"
    lag = f"max {_BY} (kuberedis_member_replication_lag_seconds{{{_SELECTED}}})"
    failovers = f"max {_BY} (increase(kuberedis_member_failovers_total{{{_SELECTED}}}[$__rate_interval]))"
    return Row(
        "Several members",
        [
            graph("Members without all data", "short", Query(_worst(f"max {_BY} ({missing})"), _LEGEND)),
            graph("Replication lag", "s", Query(_worst(lag), _LEGEND)),
            graph("Changes of the primary", "short", Query(_worst(failovers), _LEGEND), text="Planned or not."),
        ],
    )


def _operator() -> Row:
    def quantile(share: str, histogram: str) -> str:
        return f"histogram_quantile({share}, sum by (le) (rate({histogram}_bucket[$__rate_interval])))"

    seconds, lag = "kuberedis_operator_reconcile_duration_seconds", "kuberedis_operator_event_loop_lag_seconds"
    return Row(
        "The operator",
        [
            graph(
                "Reconciles by result",
                "ops",
                Query("sum by (result) (rate(kuberedis_operator_reconciles_total[$__rate_interval]))", "{{result}}"),
                width=6,
            ),
            graph(
                "Duration of a reconcile", "s", Query(quantile("0.5", seconds), "median"), Query(quantile("0.99", seconds), "99 %"), width=6
            ),
            graph(
                "Instances that wait",
                "short",
                Query("sum(kuberedis_operator_queue_length)", "instances"),
                Query("max(kuberedis_operator_queue_oldest_seconds)", "seconds of the oldest"),
                width=6,
            ),
            graph("Lag of the event loop", "s", Query(quantile("0.99", lag), "99 %"), width=6),
            graph(
                "Requests to the API server by code",
                "reqps",
                Query("sum by (code) (rate(kuberedis_operator_api_requests_total[$__rate_interval]))", "{{code}}"),
                width=6,
                text="0: no answer.",
            ),
            graph(
                "Watches that failed",
                "ops",
                Query("sum by (resource) (rate(kuberedis_operator_watch_failures_total[$__rate_interval]))", "{{resource}}"),
                width=6,
            ),
            graph(
                "Since the last resync",
                "s",
                Query("max(kuberedis_operator_resync_age_seconds)", "age"),
                Query("max(kuberedis_operator_resync_interval_seconds)", "interval"),
                width=6,
            ),
            graph(
                "Reports of members",
                "ops",
                Query("sum by (result) (rate(kuberedis_operator_member_reports_total[$__rate_interval]))", "{{result}}"),
                width=6,
                text="none: a member did not answer within a second.",
            ),
        ],
    )
