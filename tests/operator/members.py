"""Members of an instance, as they report themselves."""

from dataclasses import replace
from typing import Any

from kuberedis_core.member_report import MemberReport, ReplicaView, Role, SentinelReport
from kuberedis_operator.topology.replication import Replication

NAMES = ("my-cache-0", "my-cache-1", "my-cache-2")
ZERO, ONE, TWO = NAMES


def report(name: str, *, primary: str | None = ZERO, role: Role | None = None, **fields: Any) -> MemberReport:
    """What a member in good order says while `primary` is the primary."""
    fit = {other: ReplicaView(eligible=True, down=False) for other in NAMES if other != primary}
    sentinel = SentinelReport(up=True, primary=primary, has_quorum=True, epoch=1, replicas=fit)
    role = role or ("primary" if name == primary else "replica")
    said = MemberReport(
        name=name, role=role, primary=primary, linked=True, in_sync=True, eligible=True, offset=100, lag_bytes=0, sentinel=sentinel
    )
    return replace(said, **fields)


def without_view(said: MemberReport, replica: str, **view: bool) -> MemberReport:
    """The report of a member whose Sentinel sees `replica` like this, or not at all."""
    replicas = {name: each for name, each in said.sentinel.replicas.items() if name != replica}
    if view:
        replicas[replica] = ReplicaView(**view)
    return replace(said, sentinel=replace(said.sentinel, replicas=replicas))


def replication(*reports: MemberReport, primary: str | None = ZERO) -> Replication:
    """Members in good order, but for those whose reports are given."""
    usual = {name: report(name, primary=primary) for name in NAMES}
    return Replication(NAMES, usual | {each.name: each for each in reports})


def silent(known: Replication, *names: str) -> Replication:
    """The same without the reports of these members."""
    return Replication(known.names, {name: each for name, each in known.reports.items() if name not in names})
