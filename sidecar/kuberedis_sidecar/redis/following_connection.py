"""A shared connection to whichever server is the primary of a highly available instance.

Theory of operation: it is in the states of `SharedConnection`, of which two mean more here.

- CONNECTING: there is no primary to send to, be it that the connection broke, that the server refused a command as a replica would, that
  the endpoint moved, or that the server is silent. Commands are held: those that were in flight and may be sent again (``resending``),
  and what is sent meanwhile. It is tried again and again to connect; when that succeeds, all of them are sent.
- DOWN: that took longer than `HOLD_SECONDS`. What was held has failed, and commands fail at once, until there is a connection again or the
  endpoint moves.

What is held is bounded by what bounds the requests of an instance: their number (`limits.maxRequests`), and the memory of their bodies,
which is charged until they have a response.

A connection is not closed when another server becomes the primary, or when its own refuses a command, but left: of the writes that a
planned switchover held back, the server has yet to say that it did not execute them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import cast
from weakref import WeakSet

from kuberedis_core.backoff import backoff_seconds
from kuberedis_core.logging import log
from kuberedis_sidecar.auth.acl import AclUser
from kuberedis_sidecar.errors import ErrorReply, NotPrimary, RedisUnavailable
from kuberedis_sidecar.redis.batch import BatchMemory, OnResult, Reserve
from kuberedis_sidecar.redis.endpoints import Endpoint, PrimaryEndpoint
from kuberedis_sidecar.redis.held_batch import HeldBatch, HeldParts, HeldQueue, Refuse
from kuberedis_sidecar.redis.pipeline import LONG, LongPipeline
from kuberedis_sidecar.redis.progress import Progress
from kuberedis_sidecar.redis.replies import MULTI, Command
from kuberedis_sidecar.redis.resending_connection import ResendingConnection
from kuberedis_sidecar.redis.resp import pack
from kuberedis_sidecar.redis.shared_connection import DEFAULT_USER, EXPIRE_SECONDS, UP, ConnectionState, Login, SharedConnection

HOLD_SECONDS = 5.0
"""How long commands wait for a primary."""

# What is left of that after a move, at least.
_AFTER_MOVE_SECONDS = 2.0
_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_SILENT_EXPIRE_SECONDS = 0.02

_NOT_CARRIED_OUT = "this instance has no primary at the moment; the command was not carried out"


class FollowingConnection(SharedConnection):
    """The shared connection of one ACL user.

    Args:
        endpoint: Address of the primary.
        login: See `SharedConnection`; raises `NotPrimary` on a replica.
        timeout: See `SharedConnection`, as for the others.
    """

    follows = True

    def __init__(
        self, endpoint: PrimaryEndpoint, login: Login, timeout: float, user: AclUser = DEFAULT_USER, reserve: Reserve | None = None
    ) -> None:
        self._primary = endpoint
        self._held = HeldQueue(asyncio.get_running_loop())
        self._current: ResendingConnection | None = None
        self._left: set[ResendingConnection] = set()
        self._opened: WeakSet[ResendingConnection] = WeakSet()
        self._give_up_timer: asyncio.TimerHandle | None = None
        self._hold_until = 0.0
        self._progress = Progress()
        super().__init__(endpoint, login, timeout, user, reserve)
        self._expect()

    @property
    def in_flight(self) -> int:
        return len(self._held) + super().in_flight + sum(connection.in_flight for connection in self._left)

    @property
    def held(self) -> int:
        """Number of requests that wait for a primary."""
        return self.waiting + len(self._held)

    def send(
        self,
        commands: Sequence[Command],
        on_result: OnResult,
        raw: bool = False,
        memory: BatchMemory | None = None,
        refuse: Refuse | None = None,
    ) -> None:
        """Send commands, or hold them; see `Connection.send`.

        Args:
            commands, on_result, raw, memory: See there.
            refuse: Asked before commands that were held are sent.
        """
        self.used = now = self._loop.time()
        deadline = now + self._timeout
        connection = self._current
        longest = LONG if connection is None else connection.whole
        if memory is None and len(commands) > longest and commands[0] is not MULTI:
            LongPipeline(commands, HeldParts(self.send_batch, commands, deadline, raw, refuse), on_result)
            return
        packed = pack(commands)
        batch = HeldBatch(commands, on_result, deadline, raw, memory, refuse)
        if connection is None or self.state is not UP or self._expiry is None:
            self.send_batch(batch, packed)
        else:
            # What `send_batch` does, without its frame on the usual way.
            connection.send_batch(batch, packed)

    def send_batch(self, batch: HeldBatch, packed: bytes) -> None:
        """Send a batch that was not sent before, or hold it."""
        if self.state is UP and self._current is not None:
            self._current.send_batch(batch, packed)
        elif self.state is ConnectionState.CONNECTING:
            self._held.append(batch)
        else:
            self._held.fail(batch, self.unavailable())
        if self._expiry is None:
            self._expiry = self._loop.call_later(EXPIRE_SECONDS, self._expire)

    async def open(self) -> ResendingConnection:
        """A new connection with the same login, which the caller has to close. It ends when another server becomes the primary.

        What it has not executed, and may be sent again, has the result `NotExecuted`.

        Raises:
            OSError, RedisUnavailable, ErrorReply: Connecting or the login failed.
        """
        connection = await self._open()
        connection.on_again = HeldBatch.interrupt
        self._opened.add(connection)
        return connection

    def unavailable(self) -> RedisUnavailable:
        return super().unavailable() if self.refusal else RedisUnavailable(_NOT_CARRIED_OUT)

    async def close(self) -> None:
        current = self._current
        await super().close()
        self._set_current(None)
        if current is not None:
            current.on_again = current.on_lost = None
        if self._give_up_timer is not None:
            self._give_up_timer.cancel()
        for connection in tuple(self._left):
            connection.close()
        self._held.fail_all(self.unavailable())

    async def _open(self) -> ResendingConnection:
        address = self._primary.address
        connection = cast("ResendingConnection", await super().open())
        connection.table = self._primary.table
        if self._primary.address != address:
            connection.close()
            raise NotPrimary("another server became the primary meanwhile")
        return connection

    def _expect(self) -> None:
        """Hold commands. The time for which they are is that of the first who waits."""
        now = self._loop.time()
        if self.state is not ConnectionState.CONNECTING or not self._hold_until:
            self._hold_until = now + HOLD_SECONDS
        super()._expect()
        if self._give_up_timer is not None:
            self._give_up_timer.cancel()
        self._give_up_timer = self._loop.call_at(self._hold_until, self._give_up)

    def _give_up(self) -> None:
        if self.state is not ConnectionState.CONNECTING:
            return
        log.warning("redis_unavailable", address=str(self._endpoint), reason=str(self.refusal or f"no primary for {HOLD_SECONDS:g} s"))
        self.state = ConnectionState.DOWN
        self._settled.set()
        self._held.fail_all(self.unavailable())

    def _reconnect(self) -> None:
        """Leave the connections to the previous address."""
        self._leave_current()
        self._hold_until = max(self._hold_until, self._loop.time() + _AFTER_MOVE_SECONDS)
        self._find()
        for connection in (*self._left, *self._opened):
            connection.leave(answers=self._primary.previous_answers)

    def _find(self) -> None:
        """Hold commands and connect anew."""
        self._expect()
        self._task.cancel()
        self._task = self._loop.create_task(self._keep_up())

    async def _keep_up(self) -> None:
        failures = 0
        while not await self._connect():
            failures += 1
            longest = _PAUSE_SECONDS if self.state is ConnectionState.CONNECTING else _LONGEST_PAUSE_SECONDS
            await self._wait_for_retry(backoff_seconds(failures, first=_PAUSE_SECONDS, longest=longest))

    async def _connect(self) -> bool:
        try:
            connection = await self._open()
        except (OSError, RedisUnavailable, ErrorReply) as error:
            self.refusal = error if isinstance(error, ErrorReply) else None
            if "ACL SETUSER" in str(error):
                self._give_up()
            self._primary.on_doubt()
            return False
        if connection.closed:
            return False
        self._retry.clear()
        self._set_current(connection)
        connection.on_again = partial(self._take, connection)
        connection.on_lost = partial(self._forget, connection)
        self.connects += 1
        self._set_up()
        return True

    def _set_current(self, connection: ResendingConnection | None) -> None:
        self._connection = self._current = connection
        self._progress = Progress()

    def _set_up(self) -> None:
        self.state = UP
        self.refusal = None
        self._settled.set()
        if self._give_up_timer is not None:
            self._give_up_timer.cancel()
        for batch in self._held.take_all():
            self._send_again(batch)

    def _take(self, connection: ResendingConnection, batch: HeldBatch) -> None:
        """Take a batch that a connection has not executed, or may be executed again."""
        if connection is self._current:
            self._leave_current("redis_connection_lost" if connection.closed else "redis_refused_as_replica")
            self._find()
            self._primary.on_doubt()
        self._send_again(batch)

    def _send_again(self, batch: HeldBatch) -> None:
        refused = batch.refuse() if batch.refuse is not None else None
        if refused is not None:
            self._held.fail(batch, refused)
        else:
            self.send_batch(batch, pack(batch.commands[len(batch.replies) :]))

    def _leave_current(self, event: str | None = None) -> None:
        if self._current is not None:
            if event is not None:
                log.warning(event, address=str(self._endpoint))
            self._usual_bytes = self._current.usual_bytes
            self._left.add(self._current)
            self._set_current(None)

    def _forget(self, connection: ResendingConnection) -> None:
        """A connection is gone."""
        connection.on_again = connection.on_lost = None
        if connection is self._current and self.state is not ConnectionState.CLOSED:
            self._leave_current("redis_connection_lost")
            self._find()
            self._primary.on_doubt()
        self._left.discard(connection)

    def _expire(self) -> None:
        """Give up what has taken too long, close what was left and is done, and look whether the server is silent."""
        self._expiry = None
        now = self._loop.time()
        self._held.expire(now)
        for connection in tuple(self._left):
            connection.expire(now)
            if connection.done:
                connection.close()
        if self._current is not None:
            self._current.expire(now)
            self._look_for_silence(self._current)
        if self.in_flight:
            silent = self._current is not None and self.state is not UP
            self._expiry = self._loop.call_later(_SILENT_EXPIRE_SECONDS if silent else EXPIRE_SECONDS, self._expire)

    def _look_for_silence(self, connection: ResendingConnection) -> None:
        self._progress.look(*connection.oldest)
        if self._progress.silent and self.state is UP:
            log.warning("redis_silent", address=str(self._endpoint))
            self._expect()
            self._primary.on_doubt()
        elif not self._progress.stalled and self.state is not UP:
            self._set_up()


def connect_to(
    endpoint: Endpoint, login: Login, timeout: float, user: AclUser = DEFAULT_USER, reserve: Reserve | None = None
) -> SharedConnection:
    """A shared connection to an endpoint of either kind."""
    if isinstance(endpoint, PrimaryEndpoint):
        return FollowingConnection(endpoint, login, timeout, user, reserve)
    return SharedConnection(endpoint, login, timeout, user, reserve)
