"""The open event streams of an instance: their number is limited, and they end when their credential is revoked."""

from __future__ import annotations

import asyncio

from kuberedis_sidecar.api.error_responses import error
from kuberedis_sidecar.api.model import Response, Stream
from kuberedis_sidecar.auth.acl import FULL
from kuberedis_sidecar.auth.authenticator import Authenticator, Credential
from kuberedis_sidecar.errors import TooManyRequests
from kuberedis_sidecar.redis.connection_registry import ConnectionRegistry
from kuberedis_sidecar.redis.shared_connection import SharedConnection
from kuberedis_sidecar.settings import Settings
from kuberedis_sidecar.sse.subscription import Limits, Subscription


class Subscriptions:
    """The open streams of one instance.

    Args:
        connections: Connections by grant.
        settings: Limits and intervals of streams.
        draining: Set when the gateway shuts down, which ends streams.
    """

    def __init__(self, connections: ConnectionRegistry, settings: Settings, draining: asyncio.Event) -> None:
        self._connections = connections
        self._settings = settings
        self._draining = draining
        self._open: dict[Subscription, Credential] = {}

    def __len__(self) -> int:
        return len(self._open)

    async def open(self, stream: Stream, credential: Credential) -> Response | Subscription:
        """Start a stream; the error response if Redis or the gateway refuses it.

        Raises:
            RedisUnavailable, Unauthorized: See `ConnectionRegistry.get`.
            TooManyRequests: The limit of streams is reached.
        """
        if stream.monitor and credential.grant != FULL:
            return error(403, "NOPERM MONITOR shows every key; it takes the instance's key, or a token of scope admin without acl")
        if len(self._open) >= self._settings.max_subscribers:
            raise TooManyRequests("too many subscribers at once for this instance; try again soon")
        connection = await self._connections.get(credential.grant)
        return await self._start(stream, self._connections.administrator if stream.monitor else connection, credential)

    def end_revoked(self, authenticator: Authenticator) -> None:
        """End the streams whose credential is not valid any more."""
        for subscription, credential in self._open.items():
            if not authenticator.is_valid(credential):
                subscription.end("the credential was revoked")

    async def _start(self, stream: Stream, connection: SharedConnection, credential: Credential) -> Response | Subscription:
        settings = self._settings
        limits = Limits(settings.heartbeat_seconds, credential.expires_at, self._draining, settings.request_timeout_seconds)

        def release() -> None:
            del self._open[subscription]
            connection.leases -= 1

        connection.leases += 1
        subscription = Subscription(stream, connection, limits, release)
        self._open[subscription] = credential
        try:
            refusal = await subscription.start()
        except BaseException:
            subscription.close()
            raise
        if refusal is not None:
            subscription.close()
            return refusal
        return subscription
