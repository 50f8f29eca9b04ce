"""The page that Prometheus scrapes: what is on it, and in which order. Each subject has a module of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from kuberedis_core.exposition import Family, labels, page
from kuberedis_core.version import VERSION
from kuberedis_sidecar.telemetry.command_metrics import CommandFamilies, CommandStats
from kuberedis_sidecar.telemetry.member_metrics import MemberFamilies, MemberSnapshot
from kuberedis_sidecar.telemetry.process_metrics import process_families
from kuberedis_sidecar.telemetry.redis_metrics import RedisFamilies, server_version
from kuberedis_sidecar.telemetry.request_metrics import RequestFamilies, RequestMetrics
from kuberedis_sidecar.workers.board import Board


@dataclass(slots=True, kw_only=True)
class Snapshot:
    """The state of one instance at a scrape."""

    instance: str
    requests: RequestMetrics
    redis_up: bool = False
    http_in_flight: int = 0
    in_flight: int = 0
    grants: int = 0
    blocking: int = 0
    subscribers: int = 0
    refused_settings: int = 0
    info: Mapping[str, str] = field(default_factory=dict)
    """The fields of Redis' INFO; empty when there was no reply."""
    slowlog: int | None = None
    """How many commands Redis' slow log has; None when there was no reply."""
    commands: Mapping[str, CommandStats] = field(default_factory=dict)
    """By name; empty for a replica, since it executes what its primary has counted."""
    member: MemberSnapshot | None = None
    """None for an instance of one member."""


_GAUGES: tuple[tuple[str, str, Callable[[Snapshot], float]], ...] = (
    ("kuberedis_http_requests_in_flight", "HTTP requests that are being answered", lambda s: s.http_in_flight),
    ("kuberedis_redis_up", "Whether the gateway is connected to Redis", lambda s: s.redis_up),
    ("kuberedis_commands_in_flight", "Batches of commands sent to Redis that wait for replies", lambda s: s.in_flight),
    ("kuberedis_grants", "Distinct grants in use, each with a connection to Redis", lambda s: s.grants),
    ("kuberedis_blocking_connections", "Connections in use by commands that may block", lambda s: s.blocking),
    ("kuberedis_subscribers", "Open event streams", lambda s: s.subscribers),
    ("kuberedis_redis_settings_refused", "Settings of the settings file that Redis refused", lambda s: s.refused_settings),
)


def render(snapshots: Sequence[Snapshot], board: Board | None = None) -> bytes:
    """The page about some instances and the process.

    Args:
        snapshots: The state of the instances.
        board: Knows the processes, if there are several.
    """
    return page(chain(process_families(board), _families(snapshots)))


def _families(snapshots: Sequence[Snapshot]) -> Iterator[Family]:
    # One process has several members of an instance, as in local mode: then a label tells their series apart.
    several = sum(each.member is not None for each in snapshots) > 1
    requests, commands, redis, members = RequestFamilies(), CommandFamilies(), RedisFamilies(), MemberFamilies()
    gauges = [(Family(name, "gauge", text), value) for name, text, value in _GAUGES]
    build = Family("kuberedis_build_info", "gauge", "1, with the versions of the sidecar and of Redis")
    for snapshot in snapshots:
        member = snapshot.member
        tags = labels(name=snapshot.instance)
        if several and member is not None:
            tags = f"{tags},{labels(member=member.report.name)}"
        requests.add(tags, snapshot.requests)
        for family, value in gauges:
            family.add(tags, value(snapshot))
        commands.add(tags, snapshot.commands)
        redis.add(tags, snapshot.info, snapshot.slowlog)
        if member is not None:
            members.add(tags, member)
        build.add(f"{tags},{labels(version=VERSION, redis_version=server_version(snapshot.info))}", 1)
    return chain(requests.families(), (family for family, _ in gauges), commands.families(), redis.families(), members.families(), (build,))
