"""Plans with commands that may block: each has a connection to Redis of its own, for as long as Redis and the client wait.

Redis executes whatever it has received, whoever sent it. So what stands behind a blocking command is sent only once that has replied and
the credential is found to be still valid.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, nullcontext
from typing import Any, TypeAlias

from kuberedis_sidecar.api.model import Plan, Response
from kuberedis_sidecar.auth.acl import Grant
from kuberedis_sidecar.auth.authenticator import Credential
from kuberedis_sidecar.errors import ErrorReply, Limit, NotExecuted, RedisUnavailable, Unauthorized
from kuberedis_sidecar.gateway.answers import answer
from kuberedis_sidecar.gateway.parts import Part, parts
from kuberedis_sidecar.gateway.shares import Slots
from kuberedis_sidecar.gateway.waiting import Waiting
from kuberedis_sidecar.redis.batch import BatchMemory, OnResult, set_result
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.connection_registry import ConnectionRegistry
from kuberedis_sidecar.redis.following_connection import HOLD_SECONDS
from kuberedis_sidecar.redis.pipeline import Gathering
from kuberedis_sidecar.redis.script_queue import ScriptQueue
from kuberedis_sidecar.redis.shared_connection import SharedConnection
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.telemetry.tracing import Tracing

Ended: TypeAlias = asyncio.Future[Any]
"""Gets the `Result` of a plan that is ended early."""

_AGAIN_SECONDS = 0.05
_DRAINING = "the gateway is shutting down; the command that waited was given up"


class BlockingCommands:
    """Executes the plans of one instance that may block, within their limit.

    Args:
        connections: Connections by grant.
        settings: The limit.
        tracing: Destination of spans; None for none.
        scripts: Runs the scripts among them.
        waiting: Ends what waits for a credential.
        draining: Set when the gateway shuts down, which ends them.
    """

    def __init__(
        self,
        connections: ConnectionRegistry,
        settings: Settings,
        tracing: Tracing | None,
        scripts: ScriptQueue,
        waiting: Waiting,
        draining: asyncio.Event,
    ) -> None:
        self._connections = connections
        self._scripts = scripts
        self._tracing = tracing
        self._slots = Slots(Limit.BLOCKING, settings.max_blocking_connections, settings.workers)
        self._waiting = waiting
        self._draining = draining

    def __len__(self) -> int:
        return self._slots.used

    async def execute(self, plan: Plan, credential: Credential) -> Response:
        """Send the commands of a plan and encode their replies.

        Raises:
            RedisUnavailable, Unauthorized: See `ConnectionRegistry.get`; and the credential ceased to be valid.
            TooManyRequests: The limit is reached, or see `ScriptQueue.check`.
        """
        self._slots.take(credential.grant)
        try:
            with ExitStack() as held:
                connection = _DedicatedConnection(self._connections, credential.grant, held)
                shared = await connection.open()
                with nullcontext() if self._tracing is None else self._tracing.redis(plan.commands):
                    return answer(plan.encode, await self._result(plan, connection, credential), shared.reserve)
        finally:
            self._slots.give_back(credential.grant)

    async def _result(self, plan: Plan, connection: _DedicatedConnection, credential: Credential) -> Any:
        loop = asyncio.get_running_loop()
        ended: Ended = loop.create_future()
        end = set_result(ended)
        draining = asyncio.ensure_future(self._draining.wait())
        draining.add_done_callback(lambda _: end(RedisUnavailable(_DRAINING)))
        gathering, sent, whole = Gathering(len(plan.commands)), 0, None
        try:
            with self._waiting.watched(credential, lambda why: end(Unauthorized(why))):
                for part in parts(plan):
                    sent += len(part.commands)
                    outcome = await self._outcome(part, plan, connection, credential, gathering, ended)
                    whole = gathering.add(outcome, sent)
                    if whole is not None:
                        break
        finally:
            draining.cancel()
            if whole is None:
                gathering.memory.release()
        return whole

    async def _outcome(
        self, part: Part, plan: Plan, connection: _DedicatedConnection, credential: Credential, gathering: Gathering, ended: Ended
    ) -> Any:
        """The `Result` of a part. When another server becomes the primary, it is sent there with what is left of its time."""
        loop = asyncio.get_running_loop()
        began, elapsed = loop.time(), 0.0
        while not ended.done():
            self._waiting.check(credential)
            if plan.scripts:
                self._scripts.check(credential.grant)
            result = self._send(part.after(elapsed), connection.current, credential.grant, plan.raw, gathering.memory)
            await asyncio.wait({result, ended}, return_when=asyncio.FIRST_COMPLETED)
            # What has been taken from a list is not lost, even if the credential ended in the same moment.
            if not result.done():
                break
            outcome = result.result()
            if not isinstance(outcome, NotExecuted):
                return outcome
            gathering.add(outcome.replies, 0)
            part = part.without(len(outcome.replies))
            await connection.open()
            elapsed = loop.time() - began
        return ended.result()

    def _send(self, part: Part, connection: Connection, grant: Grant, raw: bool, memory: BatchMemory) -> asyncio.Future[Any]:
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def send(on_result: OnResult) -> None:
            connection.send(part.commands, on_result, float("inf"), raw, memory)

        if part.script:
            self._scripts.send(grant, len(part.commands), send, set_result(result), raw)
        else:
            send(set_result(result))
        return result


class _DedicatedConnection:
    """The connection of one plan, and those to the next primaries after it.

    Args:
        connections: Connections by grant.
        grant: Grant of the plan.
        held: Closes it, and gives back what it has taken.
    """

    current: Connection

    def __init__(self, connections: ConnectionRegistry, grant: Grant, held: ExitStack) -> None:
        self._connections = connections
        self._grant = grant
        self._held = held

    async def open(self) -> SharedConnection:
        """Connect; the shared connection whose login it has.

        Raises:
            RedisUnavailable, Unauthorized: See `ConnectionRegistry.get`, or there was no connection in time.
        """
        deadline = asyncio.get_running_loop().time() + HOLD_SECONDS
        while True:
            shared = await self._connections.get(self._grant)
            self._held.enter_context(shared.leased())
            try:
                self.current = await shared.open()
            except (OSError, RedisUnavailable, ErrorReply) as problem:
                # Another server may be the primary without the shared connection having noticed.
                if not shared.follows or asyncio.get_running_loop().time() > deadline:
                    raise RedisUnavailable(f"no connection to Redis for this command: {problem or type(problem).__name__}") from None
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                self._held.callback(self.current.close)
                return shared
