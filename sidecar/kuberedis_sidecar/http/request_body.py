"""The body of a request that Sanic serves: received and parsed within its limits of size, time and memory.

Memory is reserved before it is spent. While there is none, the connection is not read, and the rest of the body stays with the client.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from sanic import Request as SanicRequest

from kuberedis_sidecar.api import json_body, large_json, router
from kuberedis_sidecar.api.model import Request
from kuberedis_sidecar.errors import BodyTooLarge
from kuberedis_sidecar.gateway.gateway import Gateway
from kuberedis_sidecar.gateway.turns import Turns
from kuberedis_sidecar.http.content_coding import decoder_for
from kuberedis_sidecar.memory import Reservation

# The longest time that a body may take, in time limits of a reply of Redis, and the lowest average rate, in bytes a second.
_TIMEOUTS = 6
_LOWEST_RATE = 16 * 1024
# A body over the limit is read and dropped up to this size, so that the client reads the 413 instead of getting a broken pipe.
_MAX_DROPPED_BYTES = 256 * 1024 * 1024
# A body of unknown length is paid for in these steps, and then for the largest that it may become.
_STEPS = (64 * 1024, 1024 * 1024)
# How long a large body waits for memory for its values, while it takes some itself.
_SECOND_WAIT_SECONDS = 2.0
# Requests that may wait for memory. Each has a connection with a part of its body in a buffer.
_MAX_WAITING = 64
# Bytes of memory for each byte of a body that is not parsed: the body, as it came and whole, then as it is and as it is sent to Redis.
_BYTES_FACTOR = 3

_TOO_LARGE = "ERR max request size exceeded. Limit: {} bytes, Actual: {} bytes"
_BOMB = "ERR max request size exceeded. Limit: {} bytes, also for what a compressed body contains"


async def read_body(request: SanicRequest, incoming: Request, gateway: Gateway, reservation: Reservation) -> None:
    """Receive the body of a request, and parse it if it is large JSON.

    Args:
        request: The request, of which the head has been read.
        incoming: Gets the body.
        gateway: Gateway of its instance.
        reservation: Pays for the body, and for what is made of it.

    Raises:
        BadBody: It is not what its content coding says.
        BodyTooLarge: It is over a limit; see `_BodyReceiver.receive`.
        TimeoutError: It did not arrive in time.
        TooManyRequests: There is no memory for it.
        UnsupportedCoding: It has a content coding that the gateway does not decode.
    """
    is_json = router.takes_json(incoming)
    receiver = _BodyReceiver(request, gateway, reservation, large_json.MEMORY_FACTOR if is_json else _BYTES_FACTOR)
    incoming.body = await receiver.receive()
    large = len(incoming.body) > large_json.LARGE_BYTES
    if is_json and incoming.body:
        if large:
            await gateway.turns.next()
        await _pay_for_values(incoming.body, reservation, gateway)
        if large:
            await _parse(incoming, gateway.turns)
    if large:
        # To make a command of it.
        await gateway.turns.next()


async def _pay_for_values(body: bytes, reservation: Reservation, gateway: Gateway) -> None:
    needed = large_json.memory(body, large_json.most_values(body))
    if needed <= reservation.size or reservation.try_grow(needed - reservation.size):
        return
    if needed > gateway.memory.share(reservation.holder):
        raise BodyTooLarge("ERR the values of the body need more memory than the gateway has for a request; send them in several requests")
    # Requests that turn out to need more than was charged at first should not wait for each other.
    reservation.shrink(reservation.size - len(body))
    await reservation.grow_when_free(needed - len(body), _SECOND_WAIT_SECONDS)


async def _parse(incoming: Request, turns: Turns) -> None:
    """Parse a large JSON body, with turns of the event loop for others, and keep only its value."""
    body, incoming.body = incoming.body, b""
    await turns.next()
    for _ in large_json.check(body):
        await turns.next()
    await turns.next()
    try:
        text = json_body.decode(body)
    except ValueError:
        incoming.parsed = json_body.Parsed(None, is_json=False)
        return
    del body
    await turns.next()
    incoming.parsed = json_body.parse_text(text)


class _BodyReceiver:
    """Receives the body of one request.

    Args:
        request: The request, of which the head has been read.
        gateway: Gateway of its instance.
        reservation: Pays for the body.
        factor: Bytes of memory for each byte of the body.

    Raises:
        UnsupportedCoding: See `decoder_for`.
    """

    def __init__(self, request: SanicRequest, gateway: Gateway, reservation: Reservation, factor: int) -> None:
        self._stream: Any = request.stream
        self._memory = gateway.memory
        self._metrics = gateway.metrics
        self._turns = gateway.turns
        self._limit = gateway.max_body_bytes
        self._patience = gateway.settings.request_timeout_seconds
        self._reservation = reservation
        self._factor = factor
        self._decoder = decoder_for(request.headers.getall("content-encoding", []))
        self._paid = 0

    async def receive(self) -> bytes:
        """The whole body, decoded.

        Raises:
            BadBody, TimeoutError, TooManyRequests: See `read_body`.
            BodyTooLarge: It is over the limit; raised after it was read and dropped, or at once if the client waits for 100 (Continue) or
                if it is compressed.
        """
        stream = self._stream
        if stream is None or not stream.request_body:
            return b""
        # The limit is checked here; Sanic would close the connection before the client could read the response.
        stream.request_max_size = _MAX_DROPPED_BYTES
        length = stream.request_bytes_left or 0
        if length > self._limit and (stream.expecting_continue or self._decoder):
            raise BodyTooLarge(_TOO_LARGE.format(self._limit, length))
        if length <= self._limit and self._decoder is None:
            await self._pay(length)
        chunks: list[bytes] = []
        size = 0
        async with aclosing(self._decoded()) as decoded:
            async for chunk in decoded:
                size += len(chunk)
                if max(size, length) > self._limit:
                    self._drop(chunks)
                    continue
                if size > self._paid:
                    await self._pay(min([self._limit, *(step for step in _STEPS if size <= step)]))
                chunks.append(chunk)
        if max(size, length) > self._limit:
            raise BodyTooLarge(_TOO_LARGE.format(self._limit, max(size, length)))
        if size > large_json.LARGE_BYTES:
            await self._turns.next()
        return b"".join(chunks)

    def _drop(self, chunks: list[bytes]) -> None:
        if self._decoder is not None:
            raise BodyTooLarge(_BOMB.format(self._limit))
        chunks.clear()
        self._reservation.release()

    async def _decoded(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._chunks()) as chunks:
            if self._decoder is None:
                async for chunk in chunks:
                    yield chunk
                return
            async for chunk in chunks:
                for piece in self._decoder.decode(chunk):
                    await asyncio.sleep(0)
                    yield piece
            self._decoder.finish()

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        """The body as it arrives. Only the time that the client takes counts."""
        stream = self._stream
        now = asyncio.get_running_loop().time
        received = 0
        seconds = 0.0
        while stream.request_body:
            started = now()
            allowed = min(_TIMEOUTS * self._patience, self._patience + received / _LOWEST_RATE)
            async with asyncio.timeout(allowed - seconds):
                chunk = await stream.read() or b""
            seconds += now() - started
            received += len(chunk)
            self._metrics.received_bytes += len(chunk)
            yield chunk

    async def _pay(self, size: int) -> None:
        """Reserve memory for `size` bytes of the body."""
        more = (size - self._paid) * self._factor
        if self._memory.waiting < _MAX_WAITING:
            await self._reservation.grow_when_free(more, self._patience)
        else:
            self._reservation.grow(more)
        self._paid = size
