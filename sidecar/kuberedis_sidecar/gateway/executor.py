"""Execution of plans: on the shared connection of a grant, or on a connection of their own when they may block."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from kuberedis_sidecar.api.model import Plan, Response
from kuberedis_sidecar.auth.acl import Grant
from kuberedis_sidecar.errors import ErrorReply, RedisUnavailable, TooManyRequests
from kuberedis_sidecar.redis.connection import OnResult, set_result
from kuberedis_sidecar.redis.connection_registry import ConnectionRegistry
from kuberedis_sidecar.redis.shared_connection import SharedConnection
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.telemetry.tracing import Tracing


class Executor:
    """Executes the plans of one instance, within its limits of concurrency.

    Args:
        connections: Connections by grant.
        settings: Limits of concurrency.
        tracing: Destination of spans; None for none.
        draining: Set when the gateway shuts down, which ends blocking commands.
    """

    def __init__(self, connections: ConnectionRegistry, settings: Settings, tracing: Tracing | None, draining: asyncio.Event) -> None:
        self._connections = connections
        self._settings = settings
        self._tracing = tracing
        self._draining = draining
        self.requests = 0
        """Number of requests on shared connections that wait for replies; the fast path counts its own here as well."""
        self.blocking = 0
        """Number of requests with commands that may block."""

    async def execute(self, plan: Plan, grant: Grant) -> Response:
        """Send the commands of a plan and encode their replies.

        Raises:
            RedisUnavailable, Unauthorized: See `ConnectionRegistry.get`.
            TooManyRequests: A limit of concurrency is reached.
        """
        if plan.blocking:
            return await self._execute_blocking(plan, grant)
        if self.requests >= self._settings.max_requests:
            raise TooManyRequests("too many requests at once for this instance; try again soon")
        self.requests += 1
        try:
            connection = await self._connections.get(grant)
            return await self._exchange(plan, lambda on_result: connection.send(plan.commands, on_result, plan.raw))
        finally:
            self.requests -= 1

    async def _exchange(
        self,
        plan: Plan,
        send: Callable[[OnResult], None],
        wait: Callable[[asyncio.Future[Any]], Coroutine[Any, Any, Any]] | None = None,
    ) -> Response:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        span: AbstractContextManager[None] = nullcontext() if self._tracing is None else self._tracing.redis(plan.commands)
        with span:
            send(set_result(future))
            result = await (future if wait is None else wait(future))
            if isinstance(result, RedisUnavailable):
                raise result
            return plan.encode(result)

    async def _execute_blocking(self, plan: Plan, grant: Grant) -> Response:
        """Wait on a connection of its own, for as long as Redis and the client do."""
        if self.blocking >= self._settings.max_blocking_connections:
            raise TooManyRequests("too many blocking commands at once for this instance; try again soon")
        self.blocking += 1
        try:
            shared = await self._connections.get(grant)
            with shared.leased():
                return await self._execute_dedicated(plan, shared)
        finally:
            self.blocking -= 1

    async def _execute_dedicated(self, plan: Plan, shared: SharedConnection) -> Response:
        try:
            connection = await shared.open()
        except (OSError, ErrorReply) as problem:
            raise RedisUnavailable(f"no connection to Redis for this command: {problem or type(problem).__name__}") from None
        try:
            return await self._exchange(
                plan,
                lambda on_result: connection.send(plan.commands, on_result, float("inf"), plan.raw),
                self._unless_draining,
            )
        finally:
            connection.close()

    async def _unless_draining(self, future: asyncio.Future[Any]) -> Any:
        draining = asyncio.ensure_future(self._draining.wait())
        try:
            await asyncio.wait({future, draining}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            draining.cancel()
        if not future.done():
            return RedisUnavailable("the gateway is shutting down; the command that waited was given up")
        return future.result()
