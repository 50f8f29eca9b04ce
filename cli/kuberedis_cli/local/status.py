"""What the status table shows of an instance, and of each of several members. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kuberedis_cli.local.redis_server import Usage
from kuberedis_cli.local.supervised_member import State
from kuberedis_core.member_report import MemberReport

InstanceState = State | Literal["no primary"]
MemberState = Literal["primary", "in sync", "syncing", "down"]


@dataclass(frozen=True)
class MemberStatus:
    """One of several members; memory in bytes, None where the server does not answer."""

    name: str
    state: MemberState
    memory: int | None
    keys: int | None


@dataclass(frozen=True)
class Status:
    """An instance, of several members the primary; sizes in bytes, None where the server does not answer."""

    instance: str
    url: str
    state: InstanceState
    memory: int | None
    keys: int | None
    maxmemory: int
    members: tuple[MemberStatus, ...] = ()
    """Empty for a single one."""


def member_status(report: MemberReport, usage: Usage | None) -> MemberStatus:
    """The status of a member by its report."""
    return MemberStatus(report.name, _state(report), *memory_and_keys(usage))


def memory_and_keys(usage: Usage | None) -> tuple[int | None, int | None]:
    """Bytes and number, None where the server does not answer."""
    return (usage.memory, usage.keys) if usage is not None else (None, None)


def _state(report: MemberReport) -> MemberState:
    if report.role == "unknown":
        return "down"
    if report.role == "primary":
        return "primary"
    return "in sync" if report.in_sync else "syncing"
