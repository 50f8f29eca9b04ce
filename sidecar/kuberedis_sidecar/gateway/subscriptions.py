"""The open event streams of an instance: their number is limited, and they end with their credential."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from kuberedis_sidecar.api.error_responses import error
from kuberedis_sidecar.api.model import Response, Stream
from kuberedis_sidecar.auth.acl import FULL
from kuberedis_sidecar.auth.authenticator import Credential
from kuberedis_sidecar.errors import Limit
from kuberedis_sidecar.gateway.shares import Slots
from kuberedis_sidecar.gateway.waiting import Waiting
from kuberedis_sidecar.redis.connection_registry import ConnectionRegistry
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.sse.subscription import Limits, Subscription


class Subscriptions:
    """The open streams of one instance.

    Args:
        connections: Connections by grant.
        settings: Limits and intervals of streams.
        waiting: Ends what waits for a credential.
        draining: Set when the gateway shuts down, which ends streams.
    """

    def __init__(self, connections: ConnectionRegistry, settings: Settings, waiting: Waiting, draining: asyncio.Event) -> None:
        self._connections = connections
        self._waiting = waiting
        self._limits = Limits(settings.heartbeat_seconds, draining, settings.request_timeout_seconds)
        self._slots = Slots(Limit.SUBSCRIBERS, settings.max_subscribers)

    def __len__(self) -> int:
        return self._slots.used

    async def open(self, stream: Stream, credential: Credential) -> Response | Subscription:
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
            shared = self._connections.administrator if stream.monitor else connection
            held.enter_context(shared.leased())
            subscription = Subscription(stream, shared, self._limits, held.close)
            held.callback(subscription.close)
            held.enter_context(self._waiting.watched(credential, subscription.end))
            refusal = await subscription.start()
        except BaseException:
            held.close()
            raise
        if refusal is not None:
            held.close()
            return refusal
        return subscription
