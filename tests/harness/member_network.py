"""The network between members: relays in front of their servers, so that a test can cut a member off while everything on it runs on.

A connection between a member that is cut off and another one stays as it is, and nothing passes; what was sent arrives when it is healed.
Who connects is told by the address that it connects from, or, for agents, which cannot choose that, by the port that it connects to.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY, MemberAddress
from tests.harness.ports import free_port

_LOOPBACK = "127.0.0.1"
_MEMBERS = range(MEMBERS_OF_HIGH_AVAILABILITY)


def source_address(ordinal: int) -> str:
    """The address that the servers of a member connect from."""
    return f"127.0.1.{ordinal + 1}"


@dataclass
class _Relayed:
    """A server behind relays: its port, and the port of its relay for each member's agent, and for everybody else."""

    target: int
    port: int = field(default_factory=free_port)
    announced: int = 0
    for_agents: dict[int, int] = field(default_factory=dict)


class MemberNetwork:
    """Relays for two servers of each member."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._cut_off: set[int] = set()
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._relayed: dict[int, _Relayed] = {}

    def announce(self, name: str, ordinal: int) -> MemberAddress:
        """Make relays for a member, and return the address that it announces."""
        redis, sentinel = (self._run(self._relay_to(_Relayed(ordinal))) for _ in range(2))
        return MemberAddress(name=name, host=_LOOPBACK, redis_port=redis, sentinel_port=sentinel)

    def port(self, announced: int) -> int:
        """Where the server listens that announces this port."""
        return self._relayed[announced].port

    def port_for_agent(self, ordinal: int, announced: int) -> int:
        """Where the agent of a member reaches the server that announces this port."""
        return self._relayed[announced].for_agents[ordinal]

    def cut_off(self, ordinal: int) -> None:
        """Let nothing pass between a member and the others."""
        self._loop.call_soon_threadsafe(self._cut_off.add, ordinal)

    def heal(self) -> None:
        """Let everything pass."""

        def heal() -> None:
            self._cut_off.clear()
            self._changed.set()
            self._changed = asyncio.Event()

        self._loop.call_soon_threadsafe(heal)

    def close(self) -> None:
        """Close all relays."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, int]) -> int:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _relay_to(self, relayed: _Relayed) -> int:
        relayed.announced = await self._listen(relayed, None)
        for ordinal in _MEMBERS:
            relayed.for_agents[ordinal] = await self._listen(relayed, ordinal)
        self._relayed[relayed.announced] = relayed
        return relayed.announced

    async def _listen(self, relayed: _Relayed, source: int | None) -> int:
        server = await asyncio.start_server(partial(self._relay, relayed, source), _LOOPBACK, free_port())
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _close(self) -> int:
        # A server that is closed while it accepts a connection never closes that one.
        for server in self._servers:
            self._loop.remove_reader(server.sockets[0].fileno())
        # Tasks that accept a connection end by themselves, and start further ones.
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others & self._tasks:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        # A task that was cancelled before its first step closes nothing.
        for writer in self._writers:
            writer.transport.abort()
        for server in self._servers:
            server.close()
        return 0

    def _relay(self, relayed: _Relayed, source: int | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        host = writer.get_extra_info("peername")[0]
        ends = frozenset({relayed.target, source if source is not None else _ORDINALS.get(host, -1)})
        self._start(self._join(ends, relayed.port, reader, writer))

    async def _join(self, ends: frozenset[int], port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._passage(ends)
            onward_reader, onward_writer = await asyncio.open_connection(_LOOPBACK, port)
        except OSError:
            writer.transport.abort()
            return
        self._writers.append(onward_writer)
        self._start(self._pump(ends, reader, onward_writer))
        self._start(self._pump(ends, onward_reader, writer))

    async def _pump(self, ends: frozenset[int], source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while chunk := await source.read(65536):
                await self._passage(ends)
                sink.write(chunk)
                await sink.drain()
            await self._passage(ends)
        except ConnectionError:
            pass
        finally:
            sink.transport.abort()

    async def _passage(self, ends: frozenset[int]) -> None:
        """Wait until something may pass between these members."""
        while len(ends) == 2 and ends & self._cut_off:
            await self._changed.wait()

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


_ORDINALS = {source_address(ordinal): ordinal for ordinal in _MEMBERS}
