"""Plans with commands that may block: each has a connection to Redis of its own, for as long as Redis and the client wait.

Redis executes whatever it has received, whoever sent it. So what stands behind a blocking command is sent only once that has replied and
the credential is found to be still valid.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Any

from kuberedis_sidecar.api.model import Plan, Response
from kuberedis_sidecar.auth.acl import Grant
from kuberedis_sidecar.auth.authenticator import Credential
from kuberedis_sidecar.errors import ErrorReply, RedisUnavailable, Unauthorized
from kuberedis_sidecar.gateway.answers import answer
from kuberedis_sidecar.gateway.parts import Part, parts
from kuberedis_sidecar.gateway.shares import Slots
from kuberedis_sidecar.gateway.waiting import Waiting
from kuberedis_sidecar.redis.batch import BatchMemory, OnResult, set_result
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.connection_registry import ConnectionRegistry
from kuberedis_sidecar.redis.pipeline import Gathering
from kuberedis_sidecar.redis.script_queue import ScriptQueue
from kuberedis_sidecar.redis.shared_connection import SharedConnection
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.telemetry.tracing import Tracing

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
        self._slots = Slots("blocking commands", "limits.maxBlockingConnections", settings.max_blocking_connections)
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
            shared = await self._connections.get(credential.grant)
            with shared.leased():
                connection = await _open(shared)
                try:
                    with nullcontext() if self._tracing is None else self._tracing.redis(plan.commands):
                        return answer(plan.encode, await self._result(plan, connection, credential), shared.reserve)
                finally:
                    connection.close()
        finally:
            self._slots.give_back(credential.grant)

    async def _result(self, plan: Plan, connection: Connection, credential: Credential) -> Any:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Any] = loop.create_future()
        end = set_result(ended)
        draining = asyncio.ensure_future(self._draining.wait())
        draining.add_done_callback(lambda _: end(RedisUnavailable(_DRAINING)))
        gathering, sent, whole = Gathering(len(plan.commands)), 0, None
        try:
            with self._waiting.watched(credential, lambda why: end(Unauthorized(why))):
                for part in parts(plan):
                    self._waiting.check(credential)
                    if plan.scripts:
                        self._scripts.check(credential.grant)
                    result = self._send(part, connection, credential.grant, plan.raw, gathering.memory)
                    sent += len(part.commands)
                    await asyncio.wait({result, ended}, return_when=asyncio.FIRST_COMPLETED)
                    # What has been taken from a list is not lost, even if the credential ended in the same moment.
                    outcome = result.result() if result.done() else ended.result()
                    whole = gathering.add(outcome, sent)
                    if whole is not None:
                        break
        finally:
            draining.cancel()
            if whole is None:
                gathering.memory.release()
        return whole

    def _send(self, part: Part, connection: Connection, grant: Grant, raw: bool, memory: BatchMemory) -> asyncio.Future[Any]:
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def send(on_result: OnResult) -> None:
            connection.send(part.commands, on_result, float("inf"), raw, memory)

        if part.script:
            self._scripts.send(grant, len(part.commands), send, set_result(result), raw)
        else:
            send(set_result(result))
        return result


async def _open(shared: SharedConnection) -> Connection:
    try:
        return await shared.open()
    except (OSError, ErrorReply) as problem:
        raise RedisUnavailable(f"no connection to Redis for this command: {problem or type(problem).__name__}") from None
