"""Keeps the certificates of a member's own Redis and Sentinel those of the mounted files, and reports what they really use.

Theory of operation. Redis takes new files while it runs, by one CONFIG SET, and its connections live on. Sentinel reads its files only when
it starts, so it is ended and its container starts it again. What each presents is found out by connecting to it. What each trusts cannot be
asked for: it is what the files held when Redis took them, or when Sentinel started. Both are known for one process only, so a process that
started anew counts as one that is not up to date until it is certain.

A Sentinel that restarts has no vote for a moment. So only one restarts at a time: each member has a slot of the clock, by its ordinal, and
uses it only while both other Sentinels answer, agree with each other that there is a quorum, and see the primary up.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kuberedis_core.logging import log
from kuberedis_core.member_report import CertificatesReport
from kuberedis_core.members import MemberAddress, Members
from kuberedis_core.redis_info import parse_info
from kuberedis_core.timestamps import format_time
from kuberedis_sidecar.errors import ErrorReply, RedisError
from kuberedis_sidecar.redis.tls import CertificateFiles, MemberTls, fingerprint, not_after
from kuberedis_sidecar.replication.nodes import Nodes
from kuberedis_sidecar.replication.observation import UnexpectedReply, sentinel_view
from kuberedis_sidecar.unending import repeat

_LOOPBACK = "127.0.0.1"
SLOT_SECONDS = 5.0
"""How long only one member may restart its Sentinel. The clocks of nodes may differ by half of it."""
_TICKS_OF_A_SLOT = 5
_LOOK_EVERY_SLOTS = 2
"""How often a member that is up to date is looked at."""
_REPLY_SECONDS = 1.0
_START_SECONDS = 0.5
"""Sentinel reads its files before it makes its socket, by no more than this."""


@dataclass(slots=True)
class _Server:
    """What is known of the own Redis or Sentinel."""

    presented: str = ""
    """Fingerprint of the certificate that it presents; empty if that is not known."""
    not_after: datetime | None = None
    unseen: bool = False
    """It could not be looked at the last time; a process presents what it presented before."""
    run_id: str = ""
    """Stands for the process that the rest is known of."""
    trusted: frozenset[str] = frozenset()
    files: CertificateFiles | None = None
    """The version of the files that it is known to use."""

    def uses(self, files: CertificateFiles) -> None:
        """It is certain that the process uses these files."""
        if self.files != files:
            self.presented, self.not_after, self.trusted, self.files = "", None, frozenset(files.trusted), files

    def is_process(self, run_id: str) -> None:
        """Nothing that was known of another process holds any more."""
        if self.run_id != run_id:
            self.run_id, self.presented, self.not_after, self.trusted, self.files = run_id, "", None, frozenset(), None

    def is_up_to_date(self, files: CertificateFiles) -> bool:
        """Whether it is known to use these files, and presents their certificate."""
        return self.files == files and self.presented == files.fingerprint


class MemberCertificates:
    """The certificates of one member, to be made in a running event loop.

    Args:
        instance: Name of the instance.
        me: Name of the member.
        members: Returns the members as they are known now.
        tls: The mounted files.
        nodes: Connections to all members.
        sentinel_socket: The socket of the own Sentinel, which is made whenever that starts.
    """

    def __init__(self, instance: str, me: str, members: Callable[[], Members], tls: MemberTls, nodes: Nodes, sentinel_socket: Path) -> None:
        self._instance = instance
        self._me = me
        self._members = members
        self._tls = tls
        self._nodes = nodes
        self._sentinel_socket = sentinel_socket
        self._redis = _Server()
        self._sentinel = _Server()
        self._problem = ""
        self._refusals = 0
        self._look_at = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def failures(self) -> int:
        """How many times new files were refused: by the checks before, or by Redis."""
        return self._tls.failures + self._refusals

    def report(self) -> CertificatesReport:
        """What the operator is told."""
        files = self._tls.files
        ends = [end for end in (self._redis.not_after, self._sentinel.not_after, files.not_after if files else None) if end is not None]
        trusted = frozenset(files.trusted if files is not None else ()) & self._redis.trusted & self._sentinel.trusted
        return CertificatesReport(
            redis=self._redis.presented,
            sentinel=self._sentinel.presented,
            client=files.fingerprint if files is not None else "",
            trusted=tuple(sorted(trusted)),
            not_after=format_time(min(ends)) if ends else "",
        )

    def start(self) -> None:
        """Begin to look at the files and the servers."""
        self._task = asyncio.get_running_loop().create_task(repeat(self._step, self._instance))

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _step(self) -> None:
        files = self._tls.files
        if self._tls.reload() or time.monotonic() >= self._look_at or (files is not None and not self._is_up_to_date(files)):
            await self.look()
            self._look_at = time.monotonic() + _LOOK_EVERY_SLOTS * SLOT_SECONDS
        await asyncio.sleep(SLOT_SECONDS / _TICKS_OF_A_SLOT)

    def _is_up_to_date(self, files: CertificateFiles) -> bool:
        return self._redis.is_up_to_date(files) and self._sentinel.is_up_to_date(files)

    async def look(self) -> None:
        """Find out what the own Redis and Sentinel use, and have them use the mounted files if that is possible now."""
        files, members = self._tls.files, self._members()
        try:
            own = members[self._me]
        except KeyError:
            return
        if files is not None:
            await self._keep_redis(own, files)
            await self._keep_sentinel(own, members.others(self._me), files)

    async def _keep_redis(self, own: MemberAddress, files: CertificateFiles) -> None:
        try:
            [info] = await self._nodes.redis(own, ("INFO", "server"), seconds=_REPLY_SECONDS)
            self._redis.is_process(_run_id(info))
            if self._redis.files != files:
                await self._nodes.redis(own, ("CONFIG", "SET", *files.redis_settings()), seconds=_REPLY_SECONDS)
                log.info("redis_certificate_applied", instance=self._instance, fingerprint=files.fingerprint)
        except ErrorReply as refusal:
            self._report(str(refusal))
            return
        except (OSError, RedisError, UnexpectedReply):
            return
        self._problem = ""
        self._redis.uses(files)
        await self._inspect(self._redis, own.redis_port)
        if self._redis.presented not in ("", files.fingerprint):
            # Somebody else gave it other files.
            self._redis.files = None

    async def _keep_sentinel(self, own: MemberAddress, others: tuple[MemberAddress, ...], files: CertificateFiles) -> None:
        try:
            started_at = self._sentinel_socket.stat().st_mtime
            [info] = await self._nodes.sentinel(own, ("INFO", "server"), seconds=_REPLY_SECONDS)
            self._sentinel.is_process(_run_id(info))
            is_up_to_date = started_at >= files.changed_at + _START_SECONDS
            if is_up_to_date:
                self._sentinel.uses(files)
            await self._inspect(self._sentinel, own.sentinel_port)
            if not is_up_to_date and await self._may_restart(own, others, files):
                log.info("sentinel_restarted_for_certificate", instance=self._instance, fingerprint=files.fingerprint)
                with suppress(RedisError, OSError):
                    await self._nodes.sentinel(own, ("SHUTDOWN",), seconds=_REPLY_SECONDS)
        except (OSError, RedisError, UnexpectedReply):
            return

    async def _may_restart(self, own: MemberAddress, others: tuple[MemberAddress, ...], files: CertificateFiles) -> bool:
        is_late_enough = time.time() >= files.changed_at + _START_SECONDS
        # The answers of the others may have taken the rest of the slot.
        return is_late_enough and self._is_my_turn(own) and await self._are_calm(others) and self._is_my_turn(own)

    def _is_my_turn(self, own: MemberAddress) -> bool:
        names = [member.name for member in self._members()]
        slot, rest = divmod(time.time(), SLOT_SECONDS)
        # What is begun late in a slot could end in the next one.
        return int(slot) % len(names) == names.index(own.name) and rest < SLOT_SECONDS / 2

    async def _are_calm(self, others: tuple[MemberAddress, ...]) -> bool:
        """Whether the Sentinels of all other members could do without this one."""
        commands = (("SENTINEL", "CKQUORUM", self._instance), ("SENTINEL", "MASTER", self._instance))
        for other in others:
            try:
                _, view = await self._nodes.sentinel(other, *commands, seconds=_REPLY_SECONDS)
                if not sentinel_view(view).calm:
                    return False
            except (OSError, RedisError, UnexpectedReply):
                return False
        return True

    async def _inspect(self, server: _Server, port: int) -> None:
        try:
            server.presented, server.not_after = await presented(_LOOPBACK, port, self._tls.inspecting_context())
        except OSError as error:
            if not server.unseen:
                log.warning("certificate_not_seen", instance=self._instance, port=port, reason=str(error) or type(error).__name__)
            server.unseen = True
        else:
            server.unseen = False

    def _report(self, refusal: str) -> None:
        if refusal.startswith("LOADING"):
            return
        self._refusals += 1
        if refusal != self._problem:
            self._problem = refusal
            log.error("redis_certificate_refused", instance=self._instance, reason=refusal, consequence="Redis keeps what it has")


async def presented(host: str, port: int, context: ssl.SSLContext) -> tuple[str, datetime]:
    """The fingerprint and the end of the certificate that a server presents.

    Raises:
        OSError: It cannot be connected to, or its certificate is not trusted (`TimeoutError` included).
    """
    async with asyncio.timeout(_REPLY_SECONDS):
        reader, writer = await asyncio.open_connection(host, port, ssl=context)
        try:
            tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
            der, fields = tls.getpeercert(binary_form=True), tls.getpeercert()
            # Redis logs an error if its client leaves before it has ended the handshake too, after which it answers.
            writer.write(b"PING\r\n")
            with suppress(OSError):
                await asyncio.wait_for(reader.readline(), _REPLY_SECONDS / 2)
        finally:
            writer.transport.abort()
    if der is None or not fields:
        raise ssl.SSLError("no certificate was presented")
    return fingerprint(der), not_after(fields)


def _run_id(info: Any) -> str:
    """What stands for one life of a server, from its INFO.

    Raises:
        UnexpectedReply: It is not there.
    """
    try:
        return parse_info(info.decode())["run_id"]
    except (AttributeError, KeyError, ValueError) as error:
        raise UnexpectedReply(f"INFO cannot be read: {error!r}") from None
