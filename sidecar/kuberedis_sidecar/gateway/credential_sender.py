"""Sends commands on a connection that may hold them, as long as the credential of their request is valid."""

from __future__ import annotations

from collections.abc import Sequence

from kuberedis_sidecar.auth.authenticator import Credential
from kuberedis_sidecar.errors import Unauthorized
from kuberedis_sidecar.gateway.waiting import Waiting
from kuberedis_sidecar.redis.batch import BatchMemory, OnResult
from kuberedis_sidecar.redis.following_connection import FollowingConnection
from kuberedis_sidecar.redis.replies import Command


class CredentialSender:
    """Sends the commands of one request.

    Args:
        connection: Connection of the grant.
        credential: Credential of the request.
        waiting: Knows whether it is still valid.
    """

    __slots__ = ("_connection", "_credential", "_waiting", "reserve")

    def __init__(self, connection: FollowingConnection, credential: Credential, waiting: Waiting) -> None:
        self.reserve = connection.reserve
        self._connection = connection
        self._credential = credential
        self._waiting = waiting

    def send(self, commands: Sequence[Command], on_result: OnResult, raw: bool = False, memory: BatchMemory | None = None) -> None:
        """Send commands; see `FollowingConnection.send`."""
        self._connection.send(commands, on_result, raw, memory, self._refuse)

    def _refuse(self) -> Unauthorized | None:
        return self._waiting.refusal(self._credential)
