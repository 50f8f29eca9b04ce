"""The server of the control socket; `kuberedis_core.member_control` describes what is said there.

Only the user of this process may connect. A request is carried out to its end even if the client leaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from kuberedis_core.logging import log
from kuberedis_core.member_control import MAX_LINE_BYTES, SOCKET_NAME, ControlReply, ControlRequest, dump, load_request

_LINE_SECONDS = 1.0


class ControlSocket:
    """Takes requests, one on each connection.

    Args:
        run_dir: Folder of the socket.
        carry_out: Carries a request out.
    """

    def __init__(self, run_dir: Path, carry_out: Callable[[ControlRequest], Awaitable[ControlReply]]) -> None:
        self._path = run_dir / SOCKET_NAME
        self._carry_out = carry_out
        self._server: asyncio.Server | None = None
        self._inode = 0

    async def start(self) -> None:
        """Listen, in place of a predecessor that left its socket.

        Raises:
            OSError: The folder cannot be written.
        """
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=MAX_LINE_BYTES, start_serving=False)
        self._path.chmod(0o600)
        self._inode = self._path.stat().st_ino
        await self._server.start_serving()

    def close(self) -> None:
        """Listen no longer; requests that are being carried out are not ended."""
        if self._server is not None:
            self._server.close()
            with suppress(FileNotFoundError):
                if self._path.stat().st_ino == self._inode:  # and not that of a successor
                    self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_LINE_SECONDS):
                line = await reader.readline()
            reply = await self._carry_out(load_request(line))
            writer.write(dump(reply))
            await writer.drain()
        except (OSError, TimeoutError, ValueError) as error:
            log.warning("control_request_failed", reason=str(error) or type(error).__name__)
        except asyncio.CancelledError:
            # Nobody awaits this task, and asyncio of Python 3.11 logs a stack trace of one that is cancelled.
            log.warning("control_request_failed", reason="the sidecar ends")
        finally:
            writer.close()
