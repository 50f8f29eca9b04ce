"""The socket on which a running `kuberedis local` takes requests of other commands: a line of JSON each way.

It is a Unix socket in the private folder of the run. Its path is in the data folder, which only this user can read.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from kuberedis_cli.errors import CommandError, LocalModeError
from kuberedis_core.member_control import MAX_LINE_BYTES, ControlReply, dump, load_reply

_LINE_SECONDS = 1.0


class FailoverRequest(NamedTuple):
    """A request to make another member of an instance the primary."""

    instance: str
    kill: bool
    """Whether to kill the primary's server, in place of a planned switchover."""


class ControlSocket:
    """Takes requests from `start` until `close`, one on each connection.

    Args:
        path: Path of the socket.
        carry_out: Carries a request out; raises CommandError if that fails.
    """

    def __init__(self, path: Path, carry_out: Callable[[FailoverRequest], Awaitable[ControlReply]]) -> None:
        self.path = path
        self._carry_out = carry_out
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
            writer.write(dump(await self._carry_out(FailoverRequest(**fields))))
        except CommandError as error:
            writer.write(dump(ControlReply(False, str(error))))
        except (OSError, TimeoutError, TypeError, ValueError):
            pass  # it was no request, or the client is gone
        finally:
            writer.close()


def ask(path: Path, request: FailoverRequest, limit_seconds: float) -> ControlReply:
    """The reply of the run whose socket that is.

    Raises:
        LocalModeError: It refuses, or gives no reply in time.
        OSError: Nothing listens there.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(limit_seconds)
        connection.connect(str(path))
        try:
            connection.sendall(json.dumps(request._asdict()).encode() + b"\n")
            with connection.makefile("rb") as lines:
                reply = load_reply(lines.readline(MAX_LINE_BYTES))
        except TimeoutError:
            raise LocalModeError(f"`kuberedis local` gave no reply within {limit_seconds:.0f} s") from None
        except (OSError, ValueError):
            raise LocalModeError("`kuberedis local` ended before it replied") from None
    if not reply.ok:
        raise LocalModeError(reply.message)
    return reply
