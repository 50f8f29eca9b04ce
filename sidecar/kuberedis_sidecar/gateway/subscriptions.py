"""The open event streams of an instance: their number is limited, and they end with their credential."""

from __future__ import annotations

from contextlib import ExitStack

from kuberedis_sidecar.api.error_responses import error
from kuberedis_sidecar.api.model import Response, Stream
from kuberedis_sidecar.auth.acl import FULL, Grant
from kuberedis_sidecar.auth.authenticator import Credential
from kuberedis_sidecar.errors import Limit
from kuberedis_sidecar.gateway.shares import Slots
from kuberedis_sidecar.gateway.waiting import Waiting
from kuberedis_sidecar.redis.connection_registry import ConnectionRegistry
from kuberedis_sidecar.redis.shared_connection import SharedConnection
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.sse.event_stream import EventStream
from kuberedis_sidecar.sse.shared_subscription import SharedSubscription
from kuberedis_sidecar.telemetry.request_metrics import RequestMetrics

_SHUTDOWN = "shutdown"


class Subscriptions:
    """The open streams of one instance.

    Args:
        connections: Connections by grant.
        settings: Limits and intervals of streams.
        waiting: Ends what waits for a credential.
        metrics: Counts the bytes that are sent.
    """

    def __init__(self, connections: ConnectionRegistry, settings: Settings, waiting: Waiting, metrics: RequestMetrics) -> None:
        self._connections = connections
        self._settings = settings
        self._waiting = waiting
        self._metrics = metrics
        self._slots = Slots(Limit.SUBSCRIBERS, settings.max_subscribers, settings.workers)
        self._shared: dict[tuple[Grant, tuple[bytes, ...]], SharedSubscription] = {}
        self._streams: set[EventStream] = set()
        self._draining = False

    def __len__(self) -> int:
        return self._slots.used

    def drain(self) -> None:
        """End the streams, and those that are yet to come."""
        self._draining = True
        for stream in tuple(self._streams):
            stream.end(_SHUTDOWN)

    async def open(self, stream: Stream, credential: Credential) -> Response | EventStream:
        """Start a stream; the error response if Redis or the gateway refuses it.

        Raises:
            RedisUnavailable, Unauthorized: See `ConnectionRegistry.get`; and the credential ceased to be valid.
            TooManyRequests: The limit of streams is reached.
        """
        if stream.monitor and credential.grant != FULL:
            return error(403, "NOPERM MONITOR shows every key; it takes the instance's key, or a token of scope admin without acl")
        held = ExitStack()
        try:
            self._slots.take(credential.grant)
            held.callback(self._slots.give_back, credential.grant)
            connection = await self._connections.get(credential.grant)
            opened = EventStream(stream.route, self._subscription(stream, credential.grant, connection), held.close)
            held.callback(opened.close)
            self._streams.add(opened)
            held.callback(self._streams.discard, opened)
            held.enter_context(self._waiting.watched(credential, opened.end))
            if self._draining:
                opened.end(_SHUTDOWN)
            refusal = await opened.start(self._settings.request_timeout_seconds)
        except BaseException:
            held.close()
            raise
        if refusal is not None:
            held.close()
            return refusal
        return opened

    def _subscription(self, stream: Stream, grant: Grant, connection: SharedConnection) -> SharedSubscription:
        """The subscription of a grant, made if there is none. One of MONITOR is never shared: Redis answers the command only once."""
        key = (grant, stream.command)
        known = self._shared.get(key)
        if known is not None:
            return known
        held = ExitStack()
        shared = self._connections.administrator if stream.monitor else connection
        held.enter_context(shared.leased())
        made = SharedSubscription(stream.command, shared, self._settings.heartbeat_seconds, self._metrics, held.close)
        if not stream.monitor:
            self._shared[key] = made
            held.callback(self._shared.pop, key)
        return made
