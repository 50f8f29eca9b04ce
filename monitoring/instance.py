"""The dashboard of one instance: what it is doing, and what it runs out of. A figure of each member has the name of its pod."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.panels import INSTANCE, Query, Row, assemble, graph, label_variable, listing, number, share

_EVERYTHING = '__name__=~"kuberedis_instance_paused|kuberedis_redis_up"'
_THIS = '{namespace="$namespace", name="$name"}'
_READY, _FIRING = 'condition="Ready"', 'alertname=~"KubeRedis.*", alertstate="firing"'
_PRIMARY = 'role="primary"'
_POD = "{{pod}}"


def dashboard() -> Dashboard:
    """The dashboard."""
    return assemble(
        INSTANCE,
        "KubeRedis / Instance",
        "One instance: its state, its requests, its Redis and its members.",
        [label_variable("namespace", f"{{{_EVERYTHING}}}"), label_variable("name", f'{{{_EVERYTHING}, namespace="$namespace"}}')],
        [_now(), _requests(), _commands(), _memory(), _server(), _persistence(), _members()],
    )


def _with(labels: str) -> str:
    return f"{_THIS[:-1]}, {labels}}}"


def _rate(metric: str, by: str = "") -> str:
    return f"sum{f' by ({by})' if by else ''} (rate({metric}{_THIS}[$__rate_interval]))"


def _quantile(quantile: str, histogram: str) -> str:
    return f"histogram_quantile({quantile}, {_rate(f'{histogram}_bucket', 'le')})"


def _each(metric: str, legend: str = _POD) -> Query:
    """A gauge of each member."""
    return Query(f"{metric}{_THIS}", legend)


def _rate_of_each(metric: str, legend: str = _POD) -> Query:
    """How fast a counter of each member grows."""
    return Query(f"rate({metric}{_THIS}[$__rate_interval])", legend)


def _now() -> Row:
    used = f"max(kuberedis_redis_memory_used_bytes{_THIS} / (kuberedis_redis_memory_max_bytes{_THIS} > 0))"
    hits, misses = _rate("kuberedis_redis_keyspace_hits_total"), _rate("kuberedis_redis_keyspace_misses_total")
    return Row(
        "Now",
        [
            number("Ready", f"max by (reason) (kuberedis_instance_condition{_with(_READY)})", legend="{{reason}}"),
            number("Redis", f"max by (redis_version) (kuberedis_build_info{_THIS})", legend="{{redis_version}}"),
            number("Running since", f"min(kuberedis_redis_uptime_seconds{_THIS})", unit="s"),
            share("Memory in use", used, orange=0.8, red=0.9, text="Of maxmemory."),
            number("Lookups that found their key", f"{hits} / ({hits} + {misses} > 0)", unit="percentunit"),
            number("Eviction policy", f"max by (policy) (kuberedis_redis_eviction_policy{_THIS})", legend="{{policy}}"),
            listing(
                "Conditions", f"max by (condition, status, reason) (kuberedis_instance_condition{_THIS})", ["condition", "status", "reason"]
            ),
            listing(
                "Alerts that fire",
                f"max by (severity, alertname) (ALERTS{_with(_FIRING)})",
                ["severity", "alertname"],
                text="Where the rules are installed.",
            ),
        ],
    )


def _requests() -> Row:
    http, redis = "kuberedis_http_request_duration_seconds", "kuberedis_redis_duration_seconds"
    return Row(
        "Requests",
        [
            graph("Requests by status", "reqps", Query(_rate("kuberedis_http_requests_total", "status"), "{{status}}")),
            graph(
                "Duration",
                "s",
                Query(_quantile("0.5", http), "median"),
                Query(_quantile("0.99", http), "99 %"),
                Query(_quantile("0.5", redis), "median of Redis' part"),
                Query(_quantile("0.99", redis), "99 % of Redis' part"),
                text="From a request to its answer, with commands that wait on purpose; and from commands to their replies.",
            ),
            graph("Refused, by cause", "reqps", Query(_rate("kuberedis_http_refused_requests_total", "cause"), "{{cause}}")),
            graph(
                "In progress",
                "short",
                Query(f"sum(kuberedis_http_requests_in_flight{_THIS})", "requests"),
                Query(f"sum(kuberedis_commands_in_flight{_THIS})", "batches of commands"),
                Query(f"sum(kuberedis_blocking_connections{_THIS})", "commands that may block"),
                Query(f"sum(kuberedis_subscribers{_THIS})", "event streams"),
                Query(f"sum(kuberedis_grants{_THIS})", "grants"),
            ),
            graph(
                "Bodies",
                "Bps",
                Query(_rate("kuberedis_http_received_bytes_total"), "received"),
                Query(_rate("kuberedis_http_sent_bytes_total"), "sent"),
            ),
            graph("Requests by route", "reqps", Query(_rate("kuberedis_http_requests_total", "route"), "{{route}}")),
        ],
    )


def _commands() -> Row:
    calls, seconds = _rate("kuberedis_commands_total", "command"), _rate("kuberedis_command_seconds_total", "command")
    return Row(
        "Commands: the ten highest",
        [
            graph("Calls", "ops", Query(f"topk(10, {calls})", "{{command}}")),
            graph(
                "Mean time of a call",
                "s",
                Query(f"topk(10, {seconds} / ({calls} > 0))", "{{command}}"),
                text="What Redis computed; all other commands wait meanwhile.",
            ),
            graph("Failed", "ops", Query(f"topk(10, {_rate('kuberedis_commands_failed_total', 'command')} > 0)", "{{command}}")),
        ],
    )


def _memory() -> Row:
    return Row(
        "Memory and keys",
        [
            graph(
                "Memory",
                "bytes",
                _each("kuberedis_redis_memory_used_bytes", "{{pod}} used"),
                _each("kuberedis_redis_memory_rss_bytes", "{{pod}} resident"),
                Query(f"max(kuberedis_redis_memory_max_bytes{_THIS})", "maxmemory"),
                width=6,
            ),
            graph("Fragmentation", "none", _each("kuberedis_redis_memory_fragmentation_ratio"), width=6, text="Resident by used memory."),
            graph(
                "Keys",
                "short",
                Query(f"max(kuberedis_redis_keys{_THIS})", "keys"),
                Query(f"max(kuberedis_redis_expiring_keys{_THIS})", "with a TTL"),
                width=6,
            ),
            graph(
                "Keys that went",
                "ops",
                Query(_rate("kuberedis_redis_evicted_keys_total"), "evicted"),
                Query(_rate("kuberedis_redis_expired_keys_total"), "expired"),
                width=6,
            ),
        ],
    )


def _server() -> Row:
    return Row(
        "Redis",
        [
            graph(
                "CPU", "none", _rate_of_each("kuberedis_redis_cpu_seconds_total", "{{pod}} {{mode}}"), width=6, text="Processors in use."
            ),
            graph(
                "Clients",
                "short",
                _each("kuberedis_redis_connected_clients", "{{pod}} connected"),
                _each("kuberedis_redis_blocked_clients", "{{pod}} blocked"),
                width=6,
                text="Connections of the gateway, and of whoever connects to Redis itself.",
            ),
            graph("Connections refused at maxclients", "ops", _rate_of_each("kuberedis_redis_rejected_connections_total"), width=6),
            graph(
                "Slow log",
                "short",
                _each("kuberedis_redis_slowlog_length"),
                width=6,
                text="Commands in it; SLOWLOG GET shows them.",
            ),
            graph("Loads its data", "short", _each("kuberedis_redis_loading"), width=6, most=1),
            graph("Is connected", "short", _each("kuberedis_redis_up"), width=6, most=1),
            graph("Settings that Redis refused", "short", _each("kuberedis_redis_settings_refused"), width=6),
            graph("Commands", "ops", _rate_of_each("kuberedis_redis_commands_processed_total"), width=6, text="With those of replication."),
        ],
    )


def _persistence() -> Row:
    last_save = f"time() - kuberedis_redis_rdb_last_save_timestamp_seconds{_THIS}"
    return Row(
        "Persistence",
        [
            graph(
                "Last attempt succeeded",
                "short",
                _each("kuberedis_redis_aof_last_write_ok", "{{pod}} write to the append-only file"),
                _each("kuberedis_redis_aof_last_rewrite_ok", "{{pod}} rewrite of it"),
                _each("kuberedis_redis_rdb_last_save_ok", "{{pod}} snapshot"),
                width=6,
                most=1,
            ),
            graph("Changes since the last snapshot", "short", _each("kuberedis_redis_changes_since_last_save"), width=6),
            graph("Since the last snapshot", "s", Query(last_save, _POD), width=6),
            graph("Delayed fsyncs", "ops", _rate_of_each("kuberedis_redis_aof_delayed_fsync_total"), width=6, text="The disk is slow."),
        ],
    )


def _members() -> Row:
    return Row(
        "Members, if there are several",
        [
            graph(
                "Members",
                "short",
                Query(f"kuberedis_instance_members{_THIS}", "members"),
                Query(f"kuberedis_instance_in_sync_members{_THIS}", "with all data"),
                width=6,
            ),
            graph("Is the primary", "short", Query(f"kuberedis_member_role{_with(_PRIMARY)}", _POD), width=6, most=1),
            graph("Lag in seconds", "s", _each("kuberedis_member_replication_lag_seconds"), width=6),
            graph("Lag in bytes", "bytes", _each("kuberedis_member_replication_lag_bytes"), width=6),
            graph("Is linked to the primary", "short", _each("kuberedis_member_linked"), width=6, most=1),
            graph("Sentinel could have another promoted", "short", _each("kuberedis_member_quorum"), width=6, most=1),
            graph(
                "Changes of the primary",
                "short",
                Query(f"max(increase(kuberedis_member_failovers_total{_THIS}[$__rate_interval]))", "changes"),
                Query(f"sum(kuberedis_commands_held{_THIS})", "batches that wait for one"),
                width=6,
            ),
            graph(
                "Until a certificate expires",
                "s",
                Query(f"kuberedis_tls_not_after_seconds{_THIS} - time()", _POD),
                width=6,
            ),
        ],
    )
