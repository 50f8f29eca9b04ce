"""A server that speaks Redis' protocol and says what a test wants, true or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import hiredis

from kuberedis_sidecar.settings import RedisAddress

Words = list[str]
"""A command and its arguments."""
Answer = Callable[[Words], bytes | None]
"""The bytes that a command is replied to with; None for no reply, and b"" to close the connection."""


class ScriptedServer:
    """Listens on a port of loopback, and replies to every command by `answer`, which may be replaced.

    `commands` are all that have come, and `connections` counts who came.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.commands: list[Words] = []
        self.connections = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def address(self) -> RedisAddress:
        """Where it listens."""
        return RedisAddress(port=self.port)

    def send(self, data: bytes) -> None:
        """Send bytes on every connection."""
        for writer in self._writers:
            writer.write(data)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[ScriptedServer]:
        """Listen until the end of the block."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.end()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def end(self) -> None:
        """Listen no longer, and break all connections, as a process that ends."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        self._tasks.append(asyncio.get_running_loop().create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parser = hiredis.Reader(encoding="utf-8")
        while data := await reader.read(65536):
            parser.feed(data)
            while (words := parser.gets()) is not False:
                self.commands.append(words)
                reply = self.answer(words)
                if reply == b"":
                    writer.transport.abort()
                    return
                if reply is not None:
                    writer.write(reply)


def bulk(text: str) -> bytes:
    """A bulk string."""
    return f"${len(text.encode())}\r\n{text}\r\n".encode()


def array(*texts: str) -> bytes:
    """An array of bulk strings."""
    return b"*%d\r\n" % len(texts) + b"".join(map(bulk, texts))
