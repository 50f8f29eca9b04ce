"""The socket on which a running `kuberedis local` takes requests of other commands: a line of JSON each way.

It is a Unix socket in the private folder of the run. Its path is in the data folder, which only this user can read.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from kuberedis_cli.errors import CommandError, LocalModeError
from kuberedis_cli.local.status import MemberStatus, Status
from kuberedis_core.member_control import MAX_LINE_BYTES, ControlReply, dump, load_reply

_LINE_SECONDS = 1.0
_STATUS_SECONDS = 10.0
_MAX_STATUS_BYTES = 1024 * 1024
_STATUS_REQUEST = {"ask": "status"}


class FailoverRequest(NamedTuple):
    """A request to make another member of an instance the primary."""

    instance: str
    kill: bool
    """Whether to kill the primary's server, in place of a planned switchover."""


class ControlSocket:
    """Takes requests from `start` until `close`, one on each connection.

    Args:
        path: Path of the socket.
        fail_over: Carries out a failover; raises CommandError if that fails.
        statuses: The instances that run, in order.
    """

    def __init__(
        self,
        path: Path,
        fail_over: Callable[[FailoverRequest], Awaitable[ControlReply]],
        statuses: Callable[[], Awaitable[list[Status]]],
    ) -> None:
        self.path = path
        self._fail_over = fail_over
        self._statuses = statuses
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._serve, self.path, limit=MAX_LINE_BYTES)

    def close(self) -> None:
        """Take no more requests."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_LINE_SECONDS):
                fields = json.loads(await reader.readline())
            writer.write(await self._reply(fields))
        except CommandError as error:
            writer.write(dump(ControlReply(False, str(error))))
        except (OSError, TimeoutError, TypeError, ValueError):
            pass  # it was no request, or the client is gone
        finally:
            writer.close()

    async def _reply(self, fields: Any) -> bytes:
        if fields == _STATUS_REQUEST:
            return json.dumps([asdict(status) for status in await self._statuses()]).encode() + b"\n"
        return dump(await self._fail_over(FailoverRequest(**fields)))


def ask(path: Path, request: FailoverRequest, limit_seconds: float) -> ControlReply:
    """The reply of the run whose socket that is.

    Raises:
        LocalModeError: It refuses, or gives no reply in time.
        OSError: Nothing listens there.
    """
    line = _exchange(path, request._asdict(), limit_seconds, MAX_LINE_BYTES)
    try:
        reply = load_reply(line)
    except ValueError:
        raise _no_reply() from None
    if not reply.ok:
        raise LocalModeError(reply.message)
    return reply


def ask_statuses(path: Path) -> list[Status]:
    """The instances of the run whose socket that is, in order; raises as `ask`."""
    line = _exchange(path, _STATUS_REQUEST, _STATUS_SECONDS, _MAX_STATUS_BYTES)
    try:
        return [
            Status(**{**fields, "members": tuple(MemberStatus(**member) for member in fields["members"])}) for fields in json.loads(line)
        ]
    except (KeyError, TypeError, ValueError):
        raise _no_reply() from None


def _exchange(path: Path, request: dict[str, Any], limit_seconds: float, most_bytes: int) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(limit_seconds)
        connection.connect(str(path))
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                return lines.readline(most_bytes)
        except TimeoutError:
            raise LocalModeError(f"`kuberedis local` gave no reply within {limit_seconds:.0f} s") from None
        except OSError:
            raise _no_reply() from None


def _no_reply() -> LocalModeError:
    return LocalModeError("`kuberedis local` ended before it replied")
