"""One running instance: its members, kept alive, behind its path of the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kuberedis_cli.errors import LocalModeError
from kuberedis_cli.local.events import Changed, Down, Error, Event, MemberDown, MemberRecovered, Ready, Recovered
from kuberedis_cli.local.failover import REDUNDANT_SECONDS, fail_over
from kuberedis_cli.local.member_plan import MemberPlan
from kuberedis_cli.local.redis_server import Refusals, Usage
from kuberedis_cli.local.replication import Replication, primary_of
from kuberedis_cli.local.status import InstanceState, MemberStatus, Status, member_status, memory_and_keys
from kuberedis_cli.local.supervised_member import SupervisedMember
from kuberedis_core.crd.redis_config import live_settings, start_only_settings
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_core.member_control import ControlReply
from kuberedis_core.member_report import MemberReport
from kuberedis_sidecar.gateway.gateway import Gateway
from kuberedis_sidecar.server import Server
from kuberedis_sidecar.settings import Settings

if TYPE_CHECKING:  # imported when it is needed
    from kuberedis_sidecar.gateway.member import Member

_FIRST_PRIMARY_SECONDS = 30.0


@dataclass(frozen=True)
class Access:
    """How the instance is reached.

    Args:
        url: Base of its API.
        api_key: Its key.
        key_file: Where that is.
    """

    url: str
    api_key: str
    key_file: Path


class SupervisedInstance:
    """An instance from `start` until `stop`.

    Args:
        name: Name of the instance.
        spec: Its spec at the start.
        plan: What its members consist of.
        gateway: Gateway that serves it.
        access: How it is reached.
        emit: Called with each event in between.
    """

    def __init__(
        self, name: str, spec: InstanceSpec, plan: MemberPlan, gateway: Server, access: Access, emit: Callable[[Event], None]
    ) -> None:
        self._name = name
        self._spec = spec
        self._plan = plan
        self._gateway = gateway
        self._access = access
        self._emit = emit
        self._members: list[SupervisedMember] = []
        self._settings: list[Settings] = []
        self._gateways: tuple[Gateway, ...] = ()
        self._replication: Replication | None = None
        """Of several members."""
        self._formation: asyncio.Task[None] | None = None
        self._failover = asyncio.Lock()
        self._unfinished = False
        """Whether a change of the number of members began and failed."""

    @property
    def problems(self) -> list[str]:
        """What a server refuses of the spec, each on one line; it runs without."""
        refused: Refusals = {}
        for member in self._members:
            refused |= member.refused
        return [f"instance {self._name}: spec.config: the server refuses {name}: {why}" for name, why in refused.items()]

    @property
    def spec(self) -> InstanceSpec:
        """What it runs with."""
        return self._spec

    @property
    def cors_origins(self) -> frozenset[str]:
        """Origins whose web pages may call it."""
        return self._settings[0].cors_origins

    @property
    def max_token_seconds(self) -> int | None:
        """The longest that a token may be valid; None for any time."""
        return self._settings[0].max_token_seconds

    async def start(self) -> None:
        """Start serving; when this returns, the first request would succeed.

        Raises:
            RedisServerError: A server does not start; `stop` cleans up then, too.
            LocalModeError: None of several members becomes the primary.
            DataFolderError, OSError: The folder of a member cannot be used.
        """
        await self._start_members(self._spec)
        self._gateways = await self._gateway.add(*self._settings)
        await self._watch_members()
        self._emit(Ready(self._name, self._access.url, self._access.api_key, str(self._access.key_file)))

    async def follow(self, spec: InstanceSpec) -> None:
        """Apply a changed manifest. A setting that only a start applies restarts the servers; changed limits end open streams.

        Raises:
            RedisServerError: A server refuses, or does not start again.
            LocalModeError: None of several members becomes the primary.
            ValueError: A limit cannot be used.
            DataFolderError, OSError: The folder of a member cannot be used.
        """
        if spec.replicas != self._spec.replicas or self._unfinished:
            await self._change_members(spec)
        else:
            settings = self._settings_for(spec)
            if (_of_servers(self._spec), self._settings) == (_of_servers(spec), settings):
                return
            before, self._spec = self._spec, spec
            if settings != self._settings:
                self._gateways = await self._gateway.replace(*settings)
                self._settings = settings
            try:
                await self._follow_with_members(spec)
            except LocalModeError:
                self._spec = before  # so that it is tried again
                raise
        self._emit(Changed(self._name, spec.maxmemory, spec.eviction_policy, spec.persistence, spec.replicas))

    async def stop(self) -> None:
        """End the path first, so that it answers until then, and the servers after it."""
        await self._watch_no_more()
        if self._gateways:
            self._gateways = ()
            await self._gateway.remove(self._settings[0].base_path)
        await self._stop_members()

    async def fail_over(self, *, kill: bool) -> ControlReply:
        """Make another member the primary.

        Args:
            kill: Whether to kill the primary's server, in place of a planned switchover.

        Returns:
            Who is the primary now, and for how long writes waited.

        Raises:
            LocalModeError: There is no other primary; the text says why.
        """
        if self._replication is None:
            raise LocalModeError(f"instance {self._name} has one member, so that there is none to take its place; write replicas: 3")
        async with self._failover:
            return await fail_over(self._replication, {member.name: member for member in self._members}, self._settings, kill=kill)

    async def status(self) -> Status:
        """What the status table shows."""
        usages = await asyncio.gather(*(member.usage() for member in self._members))
        if self._replication is None:
            return self._status(self._members[0].state, usages[0])
        reports = self._reports()
        members = tuple(map(member_status, reports, usages))
        primary = primary_of(reports)
        if primary is None:
            return self._status("no primary", None, members)
        return self._status("ready", usages[[report.name for report in reports].index(primary)], members)

    def _status(self, state: InstanceState, usage: Usage | None, members: tuple[MemberStatus, ...] = ()) -> Status:
        return Status(self._name, self._access.url, state, *memory_and_keys(usage), self._spec.maxmemory, members)

    async def _follow_with_members(self, spec: InstanceSpec) -> None:
        """Apply a changed spec to all servers. Of several, those that have to be restarted are, one after another and the primary last."""
        if self._replication is None or not any(member.restarts_for(spec) for member in self._members):
            await asyncio.gather(*(member.follow(spec) for member in self._members))
        else:
            await self._restart_members(self._replication, spec)

    async def _restart_members(self, replication: Replication, spec: InstanceSpec) -> None:
        first = await replication.until_redundant(REDUNDANT_SECONDS)
        for member in sorted(self._members, key=lambda member: member.name == first):
            if await replication.until_redundant(REDUNDANT_SECONDS) == member.name:
                await self.fail_over(kill=False)
            await member.follow(spec)

    async def _change_members(self, spec: InstanceSpec) -> None:
        """Restart with another number of members, and the data of the primary. Requests wait, or fail with 503, in between."""
        self._unfinished = True
        await self._watch_no_more()
        await self._stop_members()
        await self._start_members(spec)
        self._gateways = await self._gateway.replace(*self._settings)
        await self._watch_members()
        self._spec = spec
        self._unfinished = False

    async def _start_members(self, spec: InstanceSpec) -> None:
        self._members = [SupervisedMember(parts, spec, self._down, self._recovered) for parts in self._plan.members(spec)]
        self._settings = self._settings_for(spec)
        results = await asyncio.gather(*(member.start() for member in self._members), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _stop_members(self) -> None:
        await asyncio.gather(*(member.stop() for member in self._members))

    async def _watch_members(self) -> None:
        if len(self._members) > 1:
            self._replication = Replication(self._name, self._reports, self._promotable, self._remember_primary, self._emit)
            self._formation = asyncio.create_task(self._finish_formation(self._replication))
            await self._replication.start(_FIRST_PRIMARY_SECONDS)

    async def _finish_formation(self, replication: Replication) -> None:
        await replication.until_in_sync()
        with self._reported_problem():
            self._plan.end_formation()

    def _remember_primary(self, name: str) -> None:
        with self._reported_problem():
            self._plan.remember_primary(name)

    @contextmanager
    def _reported_problem(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._emit(Error(f"instance {self._name}: the data folder cannot be written: {error.strerror or error}"))

    async def _watch_no_more(self) -> None:
        if self._formation is not None:
            self._formation.cancel()
            await asyncio.wait({self._formation})
            self._formation = None
        if self._replication is not None:
            await self._replication.close()
            self._replication = None

    def _reports(self) -> list[MemberReport]:
        """What is known of several members."""
        sidecars = [gateway.member for gateway in self._gateways if gateway.member is not None]
        return list(map(_report, self._members, sidecars))

    async def _promotable(self) -> list[int]:
        return await asyncio.gather(*(member.promotable() for member in self._members))

    def _settings_for(self, spec: InstanceSpec) -> list[Settings]:
        return [member.settings(spec) for member in self._members]

    def _down(self, member: str, message: str, pause_seconds: float) -> None:
        self._emit(
            Down(self._name, message, pause_seconds) if len(self._members) == 1 else MemberDown(self._name, member, message, pause_seconds)
        )

    def _recovered(self, member: str) -> None:
        self._emit(Recovered(self._name) if len(self._members) == 1 else MemberRecovered(self._name, member))


def _report(member: SupervisedMember, sidecar: Member) -> MemberReport:
    """The report of a sidecar, with what it learns, or its Sentinel, a moment later: whom commands go to, and that its Redis has ended."""
    report = replace(sidecar.report(), primary=sidecar.finder.primary)
    return report if member.state == "ready" else replace(report, role="unknown", in_sync=False)


def _of_servers(spec: InstanceSpec) -> tuple[dict[str, str], dict[str, str]]:
    return start_only_settings(spec), live_settings(spec)
