"""One instance's gateway: who asks (credentials), what for (translation), and Redis' answer (links).

The HTTP side is elsewhere: `protocol` takes the short way through `shortcut`, Sanic the whole way through `answer`. Both get the same
`Response` for the same request.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import Any

import orjson

from kuberedis_core.redis_info import parse_info
from kuberedis_sidecar import VERSION
from kuberedis_sidecar.api import router
from kuberedis_sidecar.api.error_responses import error
from kuberedis_sidecar.api.model import Context, ErrorReply, Plan, Request, Response, Stream
from kuberedis_sidecar.api.scripts import Scripts
from kuberedis_sidecar.auth.acl import FULL
from kuberedis_sidecar.auth.authenticator import Credential, Credentials, Unauthorized
from kuberedis_sidecar.redis.command_table import CommandTable
from kuberedis_sidecar.redis.connection import Done, RedisUnavailable, pack, settle
from kuberedis_sidecar.redis.connection_registry import Links
from kuberedis_sidecar.redis.live_config import RedisSettings
from kuberedis_sidecar.redis.resp import reread
from kuberedis_sidecar.redis.shared_connection import Link, LinkState
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.sse.subscription import Limits, Subscription
from kuberedis_sidecar.telemetry.access_log import AccessLog
from kuberedis_sidecar.telemetry.metrics import RequestMetrics, Snapshot
from kuberedis_sidecar.telemetry.tracing import Tracing

_FILE_POLL_SECONDS = 1.0
_SCRAPE_SECONDS = 2.0
_PROBE_SECONDS = 1.0

# How many bodies of the largest size may be held at once.
_BODIES = 16

# The page has its styles within it and loads nothing.
_PAGE_HEADERS = (("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"), ("X-Content-Type-Options", "nosniff"))


class TooMany(Exception):
    """A limit of concurrency is reached; the text names it."""


class Gateway:
    """The gateway of one instance, to be started within an event loop.

    Args:
        settings: The instance's settings.

    Raises:
        UnusableKey: The instance has no usable key.
    """

    def __init__(self, settings: Settings, tracing: Tracing | None) -> None:
        self.settings = settings
        self.credentials = Credentials(settings.instance, settings.auth_dir)
        self.metrics = RequestMetrics()
        self.tracing = tracing
        self.draining = asyncio.Event()
        logged = settings.access_log and settings.log_level in ("debug", "info")
        self._access_log = AccessLog(settings.instance) if logged else None
        self._max_requests = settings.max_requests
        self._shortcuts = settings.fast_path and tracing is None
        self.body_bytes = 0
        """Bytes of bodies that are held at once."""
        self.requests = 0
        """Ordinary requests that wait for Redis."""
        self._blocking = 0
        self._subscriptions: dict[Subscription, Credential] = {}
        self._challenge = (("WWW-Authenticate", f'Bearer realm="{settings.instance}"'),)
        self._sync_prefix = secrets.token_hex(4).encode()
        self._sync = itertools.count(1)
        self.context = Context(
            instance=settings.instance,
            table=CommandTable(),
            pack=pack,
            scripts=Scripts(),
            reread=reread,
            max_pipeline_commands=settings.max_pipeline_commands,
            document=lambda: Response(200, self._document),
            page=lambda: Response(200, self._page, "text/html; charset=utf-8", _PAGE_HEADERS),
        )
        self.links = Links(settings, self._take_table)
        self._redis_settings = RedisSettings(settings.redis_settings_file, settings.instance) if settings.redis_settings_file else None
        self._watch = asyncio.get_running_loop().create_task(self._watch_files())

    def drain(self) -> None:
        """End streams and waiting commands, and send everything the whole way, which closes connections."""
        self._shortcuts = False
        self.draining.set()

    async def close(self) -> None:
        """Close the connections to Redis."""
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)
        await self.links.close()

    def finished(self, route: str, method: str, status: int, seconds: float, request_id: bytes) -> None:
        """Account for an answer."""
        self.metrics.observe(route, method, status, seconds)
        if self._access_log is not None:
            self._access_log.write(route, method, status, seconds, request_id)

    @contextmanager
    def traced(self, method: str, path: str, headers: Mapping[str, str]) -> Iterator[Callable[[str, int], None]]:
        """Trace a request, if requests are traced; what it gives takes the route and status once they are known."""
        if self.tracing is None:
            yield lambda _route, _status: None
            return
        tracing = self.tracing
        with tracing.request(method, path, headers) as span:
            yield lambda route, status: tracing.answered(span, method, route, status)

    async def unready(self) -> str | None:
        """Why a request would not be served now; None when it would."""
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await self.links.administrator.call(("PING",))
        except TimeoutError:
            return "Redis does not answer"
        except (RedisUnavailable, ErrorReply) as problem:
            return str(problem)
        return None

    def shortcut(self, request: Request, bearer: bytes | None) -> tuple[Plan, Link] | None:
        """What to send where, for a request that needs nothing but a remembered credential, a link that is up and an ordinary plan.

        Everything else is None, each kind of failure included: the whole way words it, traces it if requests are traced, and closes
        the connection when the gateway is draining.
        """
        credential = self.credentials.accepted(bearer)
        if credential is None or self.requests >= self._max_requests or not self._shortcuts:
            return None
        link = credential.link or self.links.shared(credential)
        if link is None or link.state is not LinkState.UP or link.retired:
            return None
        plan = router.translate(request, self.context)
        if type(plan) is not Plan or plan.blocking:
            return None
        return plan, link

    def admit(self, request: Request, bearer: bytes | None) -> Credential | tuple[str, Response]:
        """Check who asks, before the body is read: the credential, or the route and answer for a request that goes no further."""
        served = router.public(request, self.context)
        if served is not None:
            return request.path.decode(), served
        if not bearer:
            return "unauthorized", self._unauthorized("send Authorization: Bearer KEY-OR-TOKEN")
        try:
            return self.credentials.check(bearer)
        except Unauthorized as refused:
            return "unauthorized", self._unauthorized(str(refused))

    async def answer(self, request: Request, credential: Credential) -> tuple[str, Response | Subscription]:
        """The answer to a request, with the name of its route (for metrics and traces)."""
        plan = router.translate(request, self.context)
        if isinstance(plan, Response):
            return "invalid", plan
        try:
            return plan.route, await self._carry_out(plan, credential)
        except RedisUnavailable as problem:
            return plan.route, error(503, str(problem))
        except TooMany as limit:
            return plan.route, error(429, str(limit))

    def take_body(self, size: int) -> None:
        """Count bytes of a body in.

        Raises:
            TooMany: With them, too much would be held at once.
        """
        if self.body_bytes + size > _BODIES * self.settings.max_body_bytes:
            raise TooMany("too many large bodies at once for this instance; try again soon")
        self.body_bytes += size

    def sync_token(self) -> bytes:
        """The next value of ``Upstash-Sync-Token``. Over one Redis every read sees every earlier write, so it has to move and no more."""
        return b"%b-%x" % (self._sync_prefix, next(self._sync))

    async def snapshot(self) -> Snapshot:
        """The state of this instance for its metrics; asks Redis for INFO."""
        info: dict[str, str] = {}
        try:
            async with asyncio.timeout(_SCRAPE_SECONDS):
                (reply,) = await self.links.administrator.call(("INFO",))
                info = parse_info(reply.decode(errors="replace"))
        except (TimeoutError, RedisUnavailable, ErrorReply):
            # A scrape reports what there is; that Redis is away is what kuberedis_redis_up says.
            pass
        return Snapshot(
            instance=self.settings.instance,
            requests=self.metrics,
            link_up=self.links.administrator.state is LinkState.UP,
            in_flight=self.links.in_flight,
            grants=self.links.grants,
            blocking=self._blocking,
            subscribers=len(self._subscriptions),
            refused_settings=self._redis_settings.refused if self._redis_settings is not None else 0,
            info=info,
        )

    async def _carry_out(self, plan: Plan | Stream, credential: Credential) -> Response | Subscription:
        if isinstance(plan, Stream):
            return await self._subscribe(plan, credential)
        if plan.blocking:
            return await self._wait(plan, credential)
        if self.requests >= self.settings.max_requests:
            raise TooMany("too many requests at once for this instance; try again soon")
        self.requests += 1
        try:
            link = await self.links.of(credential)
            if link.state is not LinkState.UP:
                return self._refused(link)
            return await self._exchange(plan, lambda done: link.send(plan.packed, plan.count, done, plan.raw))
        finally:
            self.requests -= 1

    async def _exchange(
        self,
        plan: Plan,
        send: Callable[[Done], None],
        wait: Callable[[asyncio.Future[Any]], Coroutine[Any, Any, Any]] | None = None,
    ) -> Response:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        span: AbstractContextManager[None] = nullcontext() if self.tracing is None else self.tracing.redis(plan)
        with span:
            send(settle(answer))
            got = await (answer if wait is None else wait(answer))
            if isinstance(got, RedisUnavailable):
                raise got
            return plan.respond(got)

    async def _wait(self, plan: Plan, credential: Credential) -> Response:
        """Run commands that may block, on a connection of their own, for as long as they wait and the client does."""
        if self._blocking >= self.settings.max_blocking_connections:
            raise TooMany("too many blocking commands at once for this instance; try again soon")
        self._blocking += 1
        try:
            link = await self.links.of(credential)
            if link.state is not LinkState.UP:
                return self._refused(link)
            with link.leased():
                return await self._exchange_alone(plan, link)
        finally:
            self._blocking -= 1

    async def _exchange_alone(self, plan: Plan, link: Link) -> Response:
        try:
            connection = await link.open()
        except (OSError, ErrorReply) as problem:
            raise RedisUnavailable(f"no connection to Redis for this command: {problem or type(problem).__name__}") from None
        try:
            return await self._exchange(
                plan,
                lambda done: connection.send(plan.packed, plan.count, done, float("inf"), plan.raw),
                self._unless_draining,
            )
        finally:
            connection.close()

    async def _unless_draining(self, answer: asyncio.Future[Any]) -> Any:
        draining = asyncio.ensure_future(self.draining.wait())
        try:
            await asyncio.wait({answer, draining}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            draining.cancel()
        if not answer.done():
            return RedisUnavailable("the gateway is shutting down; the command that waited was given up")
        return answer.result()

    async def _subscribe(self, stream: Stream, credential: Credential) -> Response | Subscription:
        if stream.monitor and credential.grant != FULL:
            return error(403, "NOPERM MONITOR shows every key; it takes the instance's key, or a token of scope admin without acl")
        if len(self._subscriptions) >= self.settings.max_subscribers:
            raise TooMany("too many subscribers at once for this instance; try again soon")
        link = await self.links.of(credential)
        if link.state is not LinkState.UP:
            return self._refused(link)
        return await self._begin(stream, self.links.administrator if stream.monitor else link, credential)

    async def _begin(self, stream: Stream, link: Link, credential: Credential) -> Response | Subscription:
        settings = self.settings
        limits = Limits(settings.heartbeat_seconds, credential.expires_at, self.draining, settings.request_timeout_seconds)

        def release() -> None:
            del self._subscriptions[subscription]
            link.leases -= 1

        link.leases += 1
        subscription = Subscription(stream, link, limits, release)
        self._subscriptions[subscription] = credential
        try:
            refused = await subscription.begin()
        except BaseException:
            subscription.close()
            raise
        if refused is not None:
            subscription.close()
            return refused
        return subscription

    def _refused(self, link: Link) -> Response:
        if link.refusal is not None and "ACL SETUSER" in str(link.refusal):
            return self._unauthorized(f"Redis refused the token's acl claim: {link.refusal}")
        return error(503, str(link.unavailable()))

    def _unauthorized(self, reason: str) -> Response:
        return error(401, f"WRONGPASS invalid or missing auth token: {reason}", self._challenge)

    def _take_table(self, table: CommandTable) -> None:
        self.context.table = table

    async def _watch_files(self) -> None:
        # The kubelet swaps mounted files behind a symbolic link, which change notifications follow poorly.
        while True:
            await asyncio.sleep(_FILE_POLL_SECONDS)
            if self.credentials.reload():
                self._end_revoked()
            if self._redis_settings is not None:
                await self._redis_settings.follow(self.links.administrator)

    def _end_revoked(self) -> None:
        for subscription, credential in self._subscriptions.items():
            if not self.credentials.still_valid(credential):
                subscription.end("the credential was revoked")

    # Few ask for these two, so what makes them is not imported before.

    @cached_property
    def _described(self) -> dict[str, object]:
        from kuberedis_sidecar.openapi import document

        return document(self.settings.instance, self.settings.base_path, VERSION)

    @cached_property
    def _document(self) -> bytes:
        return orjson.dumps(self._described)

    @cached_property
    def _page(self) -> bytes:
        from kuberedis_sidecar.openapi.docs_page import page

        return page(self._described).encode()
