"""The gateway of one instance: connects authentication, the translations and Redis.

The HTTP side calls it in one of two ways: the fast path with `fast_path_plan`, Sanic with `authenticate` and `handle`. Both get the same
`Response` for the same request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kuberedis_core.sidecar_environment import BASE_MEMORY_BYTES
from kuberedis_sidecar.api import router
from kuberedis_sidecar.api.error_responses import error, failure
from kuberedis_sidecar.api.model import Context, Plan, Request, Response, Stream
from kuberedis_sidecar.api.scripts import Scripts
from kuberedis_sidecar.auth.acl import FULL
from kuberedis_sidecar.auth.authenticator import Authenticator, Credential
from kuberedis_sidecar.errors import AnswerTooLarge, ErrorReply, RedisUnavailable, SidecarError, TooManyRequests, Unauthorized
from kuberedis_sidecar.gateway.credential_sender import CredentialSender
from kuberedis_sidecar.gateway.documents import Documents
from kuberedis_sidecar.gateway.executor import Executor
from kuberedis_sidecar.gateway.script_sender import ScriptSender
from kuberedis_sidecar.gateway.status import Status
from kuberedis_sidecar.gateway.subscriptions import Subscriptions
from kuberedis_sidecar.gateway.turns import Turns
from kuberedis_sidecar.gateway.waiting import Waiting
from kuberedis_sidecar.memory import MemoryBudget
from kuberedis_sidecar.random_ids import random_ids
from kuberedis_sidecar.redis.command_table import CommandTable
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.connection_registry import ConnectionRegistry
from kuberedis_sidecar.redis.endpoints import Endpoint
from kuberedis_sidecar.redis.following_connection import HOLD_SECONDS, connect_to
from kuberedis_sidecar.redis.local_server import LocalServer
from kuberedis_sidecar.redis.login import limit_scripts, log_in_administrator, longest_argument, require_primary
from kuberedis_sidecar.redis.script_queue import ScriptQueue
from kuberedis_sidecar.redis.script_watchdog import ANSWER_SECONDS, PATIENCE_SECONDS, ScriptWatchdog
from kuberedis_sidecar.redis.shared_connection import UP, SharedConnection
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.sse.event_stream import EventStream
from kuberedis_sidecar.telemetry.access_log import AccessLog, is_wanted
from kuberedis_sidecar.telemetry.log_output import standard_output
from kuberedis_sidecar.telemetry.metrics import Snapshot
from kuberedis_sidecar.telemetry.request_metrics import RequestMetrics
from kuberedis_sidecar.telemetry.tracing import Tracing
from kuberedis_sidecar.unending import repeat
from kuberedis_sidecar.workers.script_board import ScriptsOfWorkers
from kuberedis_sidecar.workers.supervisor import Worker

if TYPE_CHECKING:
    from kuberedis_sidecar.gateway.member import Member

_FILE_POLL_SECONDS = 1.0
# So long, a Redis that was killed for one worker is not killed for another, whose script waited behind.
_KILLED_SECONDS = 5.0


class Gateway:
    """The gateway of one instance, to be made in a running event loop.

    Args:
        settings: Settings of the instance.
        tracing: Destination of spans; None for none.
        worker: Which of several processes it is in, of which the first looks after the pod's Redis; None for the only one.

    Raises:
        UnusableKey: The instance has no usable key.
    """

    def __init__(self, settings: Settings, tracing: Tracing | None, worker: Worker | None = None) -> None:
        is_first = worker is None or worker.is_first
        self._worker = worker
        self.settings = settings
        self.authenticator = Authenticator(settings.instance, settings.auth_dir, settings.max_token_seconds)
        self.metrics = RequestMetrics()
        self.tracing = tracing
        self.draining = asyncio.Event()
        self.max_body_bytes = settings.max_body_bytes
        self.turns = Turns()
        self.memory = MemoryBudget(settings.memory_bytes - BASE_MEMORY_BYTES, FULL)
        self.unpaid_bytes = 0
        """Bytes of requests in flight that are neither small nor paid for."""
        self._access_log: AccessLog | None = None
        self._switch_access_log()
        self.fast_spans = tracing.fast_spans if tracing is not None else None
        self.fast_path = settings.fast_path
        """Whether requests may be served without Sanic."""
        self._challenge = (("WWW-Authenticate", f'Bearer realm="{settings.instance}"'),)
        self.sync_token = random_ids(8).__next__
        """Returns the next ``Upstash-Sync-Token``. With one Redis every read sees every earlier write, so it only has to change."""
        documents = Documents(settings.instance, settings.base_path)
        self.context = Context(
            instance=settings.instance,
            table=CommandTable(),
            scripts=Scripts(),
            max_pipeline_commands=settings.max_pipeline_commands,
            document=documents.document,
            page=documents.page,
            links=documents.links,
        )
        self.member = _member(settings, acts=is_first)
        """None for an instance of one Redis: the pod's own is the primary then, and one connection of the administrator serves both."""
        endpoint = Endpoint(settings.redis) if self.member is None else self.member.primary
        self._administrator = connect_to(endpoint, self._log_in_administrator, settings.request_timeout_seconds)
        own_settings = settings if is_first else replace(settings, redis_settings_file=None)
        self.local_server = LocalServer(self._administrator if self.member is None else self.member.administrator, own_settings)
        self.connections = ConnectionRegistry(endpoint, self._administrator, settings, self.memory)
        self._waiting = Waiting(self.authenticator)
        watchdog = ScriptWatchdog(
            connect_to(endpoint, lambda connection: log_in_administrator(connection, settings.redis_password_file), ANSWER_SECONDS),
            self._guard,
            settings.instance,
            PATIENCE_SECONDS if settings.members is None else settings.members.detect_after_seconds + HOLD_SECONDS,
        )
        others = ScriptsOfWorkers(worker.board.scripts, worker.index) if worker is not None else None
        limit, timeout = settings.script_limit_seconds, settings.request_timeout_seconds
        self._scripts = ScriptQueue(watchdog, limit, timeout, self.connections.drop, others)
        self.executor = Executor(self.connections, settings, tracing, self._scripts, self._waiting, self.draining, self.metrics.redis)
        self.subscriptions = Subscriptions(self.connections, settings, self._waiting, self.metrics)
        self.status = Status(settings.instance, self.local_server, self.member, self.metrics, self._snapshot, worker)
        self._file_watch = asyncio.get_running_loop().create_task(repeat(self._follow_files, settings.instance))

    def drain(self) -> None:
        """End streams and blocking commands, and leave the fast path, so that Sanic closes connections after their responses."""
        self.fast_path = False
        self.draining.set()
        self.subscriptions.drain()

    async def close(self) -> None:
        """Close the connections to Redis."""
        self._file_watch.cancel()
        await asyncio.gather(self._file_watch, return_exceptions=True)
        await asyncio.gather(self.status.close(), self._scripts.close(), self.connections.close(), self._administrator.close())
        if self.member is not None:
            await self.member.close()

    def fast_path_plan(
        self, request: Request, bearer: bytes | None
    ) -> tuple[Plan, SharedConnection | CredentialSender | ScriptSender] | None:
        """The plan for a request, and what to send it on, if both are available without waiting.

        None in every other case, failures included: then Sanic handles the request. It makes error responses, and closes the
        client's connection when the gateway is draining.
        """
        credential = self.authenticator.find(bearer)
        if credential is None or not self.fast_path:
            return None
        if self.executor.requests >= self.executor.crowded and self.executor.refusal(credential.grant) is not None:
            return None
        connection = self.connections.find(credential.grant)
        if connection is None or connection.state is not UP:
            return None
        plan = router.translate(request, self.context)
        if type(plan) is not Plan or plan.blocking:
            return None
        sender = connection if self.member is None else self.executor.sender(connection, credential)
        if plan.scripts:
            return None if self._scripts.suspended(credential.grant) else (plan, self.executor.scripts_of(plan, sender, credential))
        return plan, sender

    def authenticate(self, request: Request, bearer: bytes | None) -> Credential | tuple[str, Response]:
        """Authenticate a request before its body is read: its credential, or the route and response if it ends here."""
        response = router.public(request, self.context)
        if response is not None:
            return request.path.decode(), response
        if not bearer:
            return "unauthorized", self._unauthorized("send Authorization: Bearer KEY-OR-TOKEN", request)
        try:
            return self.authenticator.check(bearer)
        except Unauthorized as refusal:
            return "unauthorized", self._unauthorized(str(refusal), request)

    async def handle(self, request: Request, credential: Credential) -> tuple[str, Response | EventStream]:
        """The response to a request, and the name of its route (for metrics and traces)."""
        plan = router.translate(request, self.context)
        if isinstance(plan, Response):
            return "invalid", plan
        if request.parsed is not None:
            # It took time to make a command of a large body, and takes as much to send it.
            await self.turns.next()
        try:
            if isinstance(plan, Stream):
                return plan.route, await self.subscriptions.open(plan, credential)
            return plan.route, await self.executor.execute(plan, credential)
        except Unauthorized as refusal:
            return plan.route, self._unauthorized(str(refusal))
        except (AnswerTooLarge, RedisUnavailable, TooManyRequests) as problem:
            return plan.route, failure(problem)

    def failure(self, problem: SidecarError) -> Response:
        """The response to commands without replies."""
        return self._unauthorized(str(problem)) if isinstance(problem, Unauthorized) else failure(problem)

    def record(
        self, route: str, method: str, response: Response, seconds: float, request_id: bytes, redis_seconds: float | None = None
    ) -> None:
        """Count and log a response; see `RequestMetrics.observe`."""
        self.metrics.observe(route, method, response, seconds, redis_seconds)
        if self._access_log is not None:
            self._access_log.write(route, method, response.status, seconds, request_id)

    @contextmanager
    def trace(self, method: str, path: str, headers: Mapping[str, str]) -> Iterator[Callable[[str, int], None]]:
        """Trace a request, if tracing is on; the value takes the route and the status once they are known."""
        if self.tracing is None:
            yield lambda _route, _status: None
            return
        tracing = self.tracing
        with tracing.request(method, path, headers) as span:
            yield lambda route, status: tracing.set_response(span, method, route, status)

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            instance=self.settings.instance,
            requests=self.metrics,
            redis_up=self._administrator.state is UP,
            http_in_flight=self.metrics.active + self.executor.requests - self.executor.executing,
            in_flight=self.connections.in_flight,
            grants=self.connections.grants,
            blocking=len(self.executor.blocking),
            subscribers=len(self.subscriptions),
            refused_settings=self.local_server.refused_settings,
            member=None if self.member is None else self.member.snapshot(self.connections.held),
        )

    def _unauthorized(self, reason: str, request: Request | None = None) -> Response:
        where = f"; {self.context.links['docs']} describes this API" if request is not None and router.is_for_the_instance(request) else ""
        return error(401, f"WRONGPASS invalid or missing auth token: {reason}{where}", self._challenge)

    async def _log_in_administrator(self, connection: Connection) -> None:
        await log_in_administrator(connection, self.settings.redis_password_file)
        try:
            if self.member is not None:
                await require_primary(connection)
            self.context.table = await self.connections.prepare(connection)
            await limit_scripts(connection, self.settings.script_limit_seconds)
            longest = await longest_argument(connection)
            self.max_body_bytes = min(self.settings.max_body_bytes, longest or self.settings.max_body_bytes)
        except ErrorReply as refusal:
            if str(refusal).startswith("BUSY"):
                # A script from before this sidecar was started.
                await self._scripts.stop_unknown()
            raise

    def _guard(self) -> Path | None:
        """What ends the primary; None if it is in another pod, if there is nothing that does, or if another worker has had it ended."""
        if self._worker is not None and not self._worker.board.may_kill(_KILLED_SECONDS):
            return None
        return self.settings.redis_guard if self.member is None or self.member.is_primary else None

    async def _follow_files(self) -> None:
        # The kubelet replaces mounted files by a symbolic link, which change notifications do not follow reliably.
        await asyncio.sleep(_FILE_POLL_SECONDS)
        if self.authenticator.reload():
            self._waiting.end_revoked()
        self._switch_access_log()
        if self.member is not None:
            self.member.reload()
        await self.local_server.apply_files()

    def _switch_access_log(self) -> None:
        settings = self.settings
        wanted = settings.log_level in ("debug", "info") and is_wanted(settings.access_log_file, settings.access_log)
        if wanted != (self._access_log is not None):
            self._access_log = AccessLog(settings.instance, standard_output()) if wanted else None


def _member(settings: Settings, *, acts: bool) -> Member | None:
    if settings.members is None:
        return None
    # Imported when it is needed, because a sidecar of one Redis should be small.
    from kuberedis_sidecar.gateway.member import Member

    return Member(settings, settings.members, acts=acts)
