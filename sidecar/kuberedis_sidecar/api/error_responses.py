"""Errors as HTTP responses: one table from Redis' error codes to statuses, and the gateway's own."""

from __future__ import annotations

from math import ceil

import orjson

from kuberedis_sidecar.api.model import FORMATS, Refusal, Response
from kuberedis_sidecar.errors import AnswerTooLarge, SidecarError, TooManyRequests

# The code is the first word of an error reply (https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors).
_STATUS = {
    "NOPERM": 403,
    "OOM": 507,
    "LOADING": 503,
    "READONLY": 503,
    "MASTERDOWN": 503,
    "CLUSTERDOWN": 503,
    "BUSY": 503,
    "TRYAGAIN": 503,
    "MISCONF": 503,
    "NOREPLICAS": 503,
}


def error(status: int, text: str, headers: tuple[tuple[str, str], ...] = (), retry_after: int = 1) -> Response:
    """The response to an error of the gateway itself. One of status 429 or 503 says to try again after `retry_after` seconds."""
    if status in (429, 503):
        headers += (("Retry-After", str(retry_after)),)
    return Response(status, orjson.dumps({"error": text}), headers=headers)


def failure(problem: SidecarError) -> Response:
    """The response to commands without replies, because of Redis or of a limit of the gateway."""
    if isinstance(problem, TooManyRequests):
        response = error(429, str(problem), retry_after=ceil(problem.retry_after))
        return Refusal(response.status, response.body, headers=response.headers, limit=problem.limit)
    return error(413 if isinstance(problem, AnswerTooLarge) else 503, str(problem))


def bad_request(text: str) -> Response:
    """The response to a request that has to be written differently; `text` says how."""
    return error(400, text)


def unknown_format(prefix: str = "") -> Response:
    """The response to a request for a reply in a form that there is not."""
    return bad_request(f"{prefix}unknown Upstash-Response-Format; it is {' or '.join(FORMATS)}")


def not_allowed(allow: str) -> Response:
    """405, with the methods that are allowed (RFC 9110, section 15.5.6)."""
    return error(405, f"method not allowed; use {allow}", (("Allow", allow),))


def reply_status(text: str) -> int:
    """The HTTP status of an error reply."""
    return _STATUS.get(text.partition(" ")[0], 400)


def error_reply(text: str) -> Response:
    """The response to an error reply of Redis."""
    return error(reply_status(text), text)
