"""This member of a highly available instance: its own Redis, and where the primary is.

The pod's own Redis (live settings, passwords, INFO) has a connection of the administrator of its own, apart from that to the primary.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

from kuberedis_core.member_report import MemberReport
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.endpoints import Endpoint, PrimaryEndpoint
from kuberedis_sidecar.redis.login import log_in_administrator
from kuberedis_sidecar.redis.opening import open_connection
from kuberedis_sidecar.redis.shared_connection import SharedConnection
from kuberedis_sidecar.redis.tls import MemberTls, NoCertificate
from kuberedis_sidecar.replication.agent import MemberAgent
from kuberedis_sidecar.replication.certificates import MemberCertificates
from kuberedis_sidecar.replication.control import MemberControl
from kuberedis_sidecar.replication.nodes import TCP_SECONDS
from kuberedis_sidecar.replication.primary_finder import PrimaryFinder
from kuberedis_sidecar.settings import MemberSettings, RedisAddress, Settings
from kuberedis_sidecar.telemetry.member_metrics import MemberSnapshot

_WITHOUT_PRIMARY_SECONDS = 30.0
"""How long a member without a primary is ready: a failover must not take all members out of the Service."""


class Member:
    """One member, to be made in a running event loop.

    Args:
        settings: Settings of the sidecar.
        member: Their part for a member.
        acts: Whether this process looks after the member; only one of its pod does, and the others merely look where the primary is.
    """

    def __init__(self, settings: Settings, member: MemberSettings, *, acts: bool = True) -> None:
        self._loop = asyncio.get_running_loop()
        self._own_address = settings.redis
        self.tls = MemberTls(member.tls_dir, settings.instance) if member.tls_dir is not None else None
        self.primary = PrimaryEndpoint(self._context)
        """Where commands are sent."""
        self.administrator = SharedConnection(
            Endpoint(settings.redis),
            lambda connection: log_in_administrator(connection, settings.redis_password_file),
            settings.request_timeout_seconds,
        )
        """Connection of the administrator to the own Redis."""
        self.agent = MemberAgent(settings, member, self._connect, acts=acts)
        self.finder = PrimaryFinder(self.agent, member, settings.redis, self.primary)
        self._control = MemberControl(settings.instance, member, self.agent) if acts else None
        self.certificates = self._certificates(settings.instance, member) if acts else None
        """What keeps the certificates of the own servers up to date; None without TLS, or if another process does."""
        self._was_in_sync = False
        self.agent.start()
        if self._control is not None:
            self._control.start()
        if self.certificates is not None:
            self.certificates.start()

    @property
    def is_primary(self) -> bool:
        """Whether the own Redis is the primary."""
        return self.primary.address == self._own_address

    def not_ready_reason(self) -> str | None:
        """Why a request would not be served, or why the data of the own Redis are not those of the instance; None if neither is so."""
        state = self.agent.state
        own = state.own
        if own is not None:
            self._was_in_sync = own.role == "primary" or own.eligible
        if not self._was_in_sync:
            return "this member's Redis has not been in sync with the primary yet"
        if self.finder.primary is not None:
            return None
        if self.finder.known_at + _WITHOUT_PRIMARY_SECONDS < self._loop.time():
            return "no primary is known"
        return None if len(state.sentinels) >= state.members.quorum else "no primary is known, and no quorum of Sentinels can be asked"

    def reload(self) -> None:
        """Read the certificate again, if nothing else in this process does."""
        if self.tls is not None and self.certificates is None:
            self.tls.reload()

    def report(self) -> MemberReport:
        """What the operator is told."""
        report = self.agent.report()
        return replace(report, certificates=self.certificates.report()) if self.certificates is not None else report

    def snapshot(self, held: int) -> MemberSnapshot:
        """The state of this member for its metrics, with the number of commands that wait for a primary."""
        failures = self.certificates.failures if self.certificates is not None else None
        return MemberSnapshot(self.report(), held, failures)

    async def close(self) -> None:
        """Close the connections."""
        if self._control is not None:
            await self._control.close()
        await self.finder.close()
        if self.certificates is not None:
            await self.certificates.close()
        await asyncio.gather(self.agent.close(), self.administrator.close())

    def _certificates(self, instance: str, member: MemberSettings) -> MemberCertificates | None:
        if self.tls is None or member.sentinel.path is None:
            return None
        socket = Path(member.sentinel.path)
        return MemberCertificates(instance, member.name, lambda: self.agent.state.members, self.tls, self.agent.nodes, socket)

    async def _connect(self, address: RedisAddress) -> Connection:
        return await open_connection(Connection, address, self._context() if address.tls else None, tcp_seconds=TCP_SECONDS)

    def _context(self) -> ssl.SSLContext:
        if self.tls is None:
            raise NoCertificate("there is no certificate for other members")
        return self.tls.context()
