"""A request with a large body on the fast path.

Its memory is paid for before its body is received. Serving it takes longer than others should wait for many of its kind, but no longer than
one turn of the event loop may take; where that is not certain, the request is left to Sanic, which serves it in steps.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kuberedis_sidecar.api import json_body, large_json, router
from kuberedis_sidecar.api.large_json import LARGE_BYTES, MEMORY_FACTOR

if TYPE_CHECKING:
    from kuberedis_sidecar.api.model import Request
    from kuberedis_sidecar.auth.authenticator import Credential
    from kuberedis_sidecar.gateway.gateway import Gateway
    from kuberedis_sidecar.memory import Reservation

# What is parsed, and sent to Redis, in a few milliseconds.
_MOST_BYTES = 1024 * 1024
_MOST_VALUES = 10_000
# Half of a surrogate pair takes long to replace.
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD]")


class LargeRequest:
    """A request until it is served, or until Sanic has taken it.

    Args:
        reservation: Pays for it.
        body_offset: Size of its head.
        size: Size of head and body.

    Attributes:
        body: Its body, once that is complete.
        reservation, size: As above.
    """

    __slots__ = ("_body_offset", "_handed_over", "body", "reservation", "size")

    def __init__(self, reservation: Reservation, body_offset: int, size: int) -> None:
        self.body = b""
        self.reservation = reservation
        self.size = size
        self._body_offset = body_offset
        self._handed_over = False

    def take(self, received: bytes | bytearray) -> bytes:
        """Take the body from the whole request, and return its head."""
        with memoryview(received) as whole:
            self.body = bytes(whole[self._body_offset :])
            return bytes(whole[: self._body_offset])

    def is_light(self, request: Request) -> bool:
        """Whether it is served in time, and its memory can be paid for. Values are counted before they are made; a plain one is noted."""
        if not router.takes_json(request):
            return True
        request.plain_value = json_body.plain_value(self.body)
        if request.plain_value is not None:
            return True
        if b"\\" in self.body and _SURROGATE_ESCAPE.search(self.body):
            return False
        values = large_json.most_values(self.body)
        more = large_json.memory(self.body, values) - self.reservation.size
        return values <= _MOST_VALUES and (more <= 0 or self.reservation.try_grow(more))

    def hand_over(self, received: int) -> None:
        """Leave `received` bytes in the buffer to Sanic, which pays for what it makes of them."""
        self._handed_over = True
        self.reservation.shrink(self.reservation.size - received)

    def is_gone(self, buffer: bytearray) -> bool:
        """Whether Sanic has taken what was left to it."""
        return self._handed_over and len(buffer) <= LARGE_BYTES


def admit(gateway: Gateway, credential: Credential, body_offset: int, body_size: int) -> LargeRequest | None:
    """Reserve memory for a request before its body is received; None if Sanic has to wait for memory, or to serve it in steps."""
    # Who waits for memory comes first.
    if body_size > min(_MOST_BYTES, gateway.max_body_bytes) or gateway.memory.waiting:
        return None
    size = body_offset + body_size
    reservation = gateway.memory.open(credential.grant)
    return LargeRequest(reservation, body_offset, size) if reservation.try_grow(MEMORY_FACTOR * size) else None
