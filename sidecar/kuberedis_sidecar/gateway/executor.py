"""Execution of plans: on the shared connection of a grant, or on a connection of their own when they may block (``blocking_commands``)."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from time import monotonic
from typing import Any

from kuberedis_sidecar.api.model import Plan, Response
from kuberedis_sidecar.auth.acl import FULL, Grant
from kuberedis_sidecar.auth.authenticator import Credential
from kuberedis_sidecar.errors import Limit, SidecarError, TooManyRequests
from kuberedis_sidecar.gateway.answers import answer
from kuberedis_sidecar.gateway.blocking_commands import BlockingCommands
from kuberedis_sidecar.gateway.credential_sender import CredentialSender
from kuberedis_sidecar.gateway.script_sender import ScriptSender
from kuberedis_sidecar.gateway.shares import refusal, share_of_a_grant
from kuberedis_sidecar.gateway.waiting import Waiting
from kuberedis_sidecar.redis.batch import release, set_result
from kuberedis_sidecar.redis.connection_registry import ConnectionRegistry
from kuberedis_sidecar.redis.following_connection import FollowingConnection
from kuberedis_sidecar.redis.script_queue import ScriptQueue
from kuberedis_sidecar.redis.shared_connection import SharedConnection
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.telemetry.request_metrics import Durations
from kuberedis_sidecar.telemetry.tracing import Tracing


class Executor:
    """Executes the plans of one instance, within its limits of concurrency.

    Args:
        connections: Connections by grant.
        settings: Limits of concurrency.
        tracing: Destination of spans; None for none.
        scripts: Runs the scripts of plans.
        waiting: Knows whether a credential is still valid.
        draining: Set when the gateway shuts down, which ends blocking commands.
        durations: Get how long Redis took for a plan that does not block.
    """

    def __init__(
        self,
        connections: ConnectionRegistry,
        settings: Settings,
        tracing: Tracing | None,
        scripts: ScriptQueue,
        waiting: Waiting,
        draining: asyncio.Event,
        durations: Durations,
    ) -> None:
        self._connections = connections
        self._scripts = scripts
        self._max_requests = settings.max_requests
        self._workers = settings.workers
        self._tracing = tracing
        self._waiting = waiting
        self._durations = durations
        self.blocking = BlockingCommands(connections, settings, tracing, scripts, waiting, draining)
        self.crowded = share_of_a_grant(settings.max_requests)
        """Number of requests from which on one of them may be too many for its grant, see `refusal`."""
        self.requests = 0
        """Number of requests on shared connections that wait for replies; the fast path counts its own here as well."""
        self.executing = 0
        """How many of them are not the fast path's."""

    def refusal(self, grant: Grant) -> TooManyRequests | None:
        """Why a further request of a grant, on its shared connection, would be one too many; None if it would not."""
        if self.requests < self.crowded:
            return None
        by_key, by_grant = self._connections.requests(FULL), self._connections.requests(grant)
        return refusal(Limit.REQUESTS, self._max_requests, grant, self.requests, by_key, by_grant, self._workers)

    async def execute(self, plan: Plan, credential: Credential) -> Response:
        """Send the commands of a plan and encode their replies.

        Raises:
            RedisUnavailable, Unauthorized: See `ConnectionRegistry.get`; and the credential ceased to be valid meanwhile.
            TooManyRequests: A limit of concurrency is reached, or see `ScriptQueue.check`.
        """
        if plan.blocking:
            return await self.blocking.execute(plan, credential)
        if plan.scripts:
            self._scripts.check(credential.grant)
        if (refused := self.refusal(credential.grant)) is not None:
            raise refused
        self.requests += 1
        self.executing += 1
        try:
            connection = await self._connections.get(credential.grant)
            # The body of the request, or the connection, may have taken its time.
            self._waiting.check(credential)
            sender = self.sender(connection, credential)
            return await self._exchange(plan, self.scripts_of(plan, sender, credential) if plan.scripts else sender)
        finally:
            self.requests -= 1
            self.executing -= 1

    def sender(self, connection: SharedConnection, credential: Credential) -> SharedConnection | CredentialSender:
        """What sends the commands of a request in place of the connection of its grant, if that may hold them."""
        return CredentialSender(connection, credential, self._waiting) if isinstance(connection, FollowingConnection) else connection

    def scripts_of(self, plan: Plan, connection: SharedConnection | CredentialSender, credential: Credential) -> ScriptSender:
        """What sends a plan with scripts in place of the connection of its grant."""
        return ScriptSender(plan, connection, credential.grant, self._scripts, lambda: self._waiting.is_valid(credential))

    async def _exchange(self, plan: Plan, connection: SharedConnection | CredentialSender | ScriptSender) -> Response:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        with nullcontext() if self._tracing is None else self._tracing.redis(plan.commands):
            sent = monotonic()
            connection.send(plan.commands, set_result(future), plan.raw)
            try:
                result = await future
            except asyncio.CancelledError:
                if isinstance(connection, ScriptSender):
                    connection.cancel()
                if future.done() and not future.cancelled():
                    release(future.result())
                raise
            if not isinstance(result, SidecarError):
                self._durations.observe(monotonic() - sent)
            return answer(plan.encode, result, connection.reserve)
