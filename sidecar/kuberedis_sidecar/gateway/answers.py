"""Responses to replies, and the memory of the replies until a response is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kuberedis_sidecar.api.error_responses import failure
from kuberedis_sidecar.api.model import Response
from kuberedis_sidecar.errors import SidecarError, TooManyRequests
from kuberedis_sidecar.redis.batch import Charged, Reserve, refusal, release
from kuberedis_sidecar.redis.replies import memory_of


def answer(encode: Callable[[Sequence[Any]], Response], result: Any, reserve: Reserve | None) -> Response:
    """The response to the `Result` of a plan's commands.

    Args:
        encode: `Plan.encode`.
        result: The result.
        reserve: Pays for replies that a response keeps.

    Raises:
        SidecarError: The result is one.
    """
    if isinstance(result, SidecarError):
        raise result
    try:
        response = encode(result)
    except BaseException:
        release(result)
        raise
    return paid(response, result, reserve)


def paid(response: Response, result: Any, reserve: Reserve | None) -> Response:
    """A response whose pieces, if it has any, are paid for until `Response.release` is called; or why they cannot be."""
    if response.pieces is None or reserve is None:
        release(result)
    elif isinstance(result, Charged):
        response.release = result.reservation.release
    else:
        reservation = reserve()
        if not reservation.try_grow(memory_of(result)):
            return failure(refusal(TooManyRequests, len(result), len(result)))
        response.release = reservation.release
    return response
