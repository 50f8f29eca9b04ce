"""Sends plans with scripts on the shared connection of their grant, by way of the instance's queue of scripts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from kuberedis_sidecar.api.model import Plan
from kuberedis_sidecar.auth.acl import Grant
from kuberedis_sidecar.gateway.credential_sender import CredentialSender
from kuberedis_sidecar.gateway.parts import Part, parts
from kuberedis_sidecar.redis.batch import OnResult
from kuberedis_sidecar.redis.pipeline import Gathering
from kuberedis_sidecar.redis.replies import Command
from kuberedis_sidecar.redis.script_queue import STOPPED, ScriptQueue, Turn, not_executed
from kuberedis_sidecar.redis.shared_connection import SharedConnection


class ScriptSender:
    """Sends one plan.

    Args:
        plan: Plan with scripts.
        connection: Connection of the grant.
        grant: Grant of the request.
        queue: Scripts of the instance.
        is_valid: Whether the credential of the request is still valid.
    """

    def __init__(
        self, plan: Plan, connection: SharedConnection | CredentialSender, grant: Grant, queue: ScriptQueue, is_valid: Callable[[], bool]
    ) -> None:
        self.reserve = connection.reserve
        self._parts = parts(plan)
        self._connection = connection
        self._grant = grant
        self._queue = queue
        self._is_valid = is_valid
        self._gathering = Gathering(len(plan.commands))
        self._left = len(plan.commands)
        self._turn: Turn | None = None
        self._raw = False
        self._cancelled = False

    def send(self, commands: Sequence[Command], on_result: OnResult, raw: bool = False) -> None:
        """Send the commands of the plan; see `Connection.send`. What stands behind a script that had to be stopped is not sent."""
        self._total, self._on_result, self._raw = len(commands), on_result, raw
        self._send_next()

    def cancel(self) -> None:
        """Send no more."""
        self._cancelled = True
        if self._turn is not None:
            self._queue.discard(self._turn)

    def _send_next(self) -> None:
        part = next(self._parts)
        self._left -= len(part.commands)
        if part.script:
            send = partial(self._send, part)
            self._turn = self._queue.send(self._grant, len(part.commands), send, self._take, self._raw)
        else:
            self._send(part, self._take)

    def _send(self, part: Part, on_result: OnResult) -> None:
        self._connection.send(part.commands, on_result, self._raw, self._gathering.memory)

    def _take(self, result: Any) -> None:
        whole = self._gathering.add(result, self._total - self._left)
        if whole is None and (why := self._why_not()):
            whole = self._gathering.add([not_executed(why, self._raw)] * self._left, self._total)
        if whole is not None:
            self._on_result(whole)
        else:
            self._send_next()

    def _why_not(self) -> str:
        """Why the rest is not sent; "" if it is."""
        if self._cancelled:
            return "its client is gone"
        if self._queue.suspended(self._grant):
            return STOPPED
        return "" if self._is_valid() else "the credential is not valid any more"
