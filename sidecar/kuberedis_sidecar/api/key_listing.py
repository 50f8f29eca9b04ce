"""``/keys``: the keys of an instance, some at a time (https://redis.io/docs/latest/commands/scan/).

The cursor is text, because it has up to 64 bits, more than a number in JavaScript.
"""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes

import orjson

from kuberedis_sidecar.api import reply_encoding
from kuberedis_sidecar.api.error_responses import bad_request, error, error_reply, not_allowed
from kuberedis_sidecar.api.model import Outcome, Plan, Request, Response
from kuberedis_sidecar.api.url import parameters
from kuberedis_sidecar.errors import BadRequest, ErrorReply
from kuberedis_sidecar.redis.replies import Replies

_DEFAULT_COUNT = b"100"
_MAX_COUNT = 1000
_MAX_CURSOR = 2**64 - 1
_NOT_PERMITTED = (
    "NOPERM this credential may not list keys: SCAN shows every key, so a token with key patterns (~) never may; "
    "use the instance's key, or a token without key patterns that may SCAN"
)


def list_keys(request: Request) -> Outcome:
    """``GET /keys?match=user:*&cursor=0&count=100``: one step of SCAN.

    Raises:
        BadURL: The query has a malformed escape.
    """
    if request.method not in ("GET", "HEAD"):
        return not_allowed("GET, HEAD")
    try:
        command = _scan(request.query)
    except BadRequest as bad:
        return bad_request(str(bad))
    return Plan("/keys", (command,), _encode_keys)


def no_such_key(name: bytes) -> str:
    """What to say of a key that does not exist; if it looks like a pattern, how to list the keys that match it."""
    if not re.search(rb"[*?\[]", name):
        return "no such key"
    return f"no such key; a path names one key, not a pattern: list keys with GET /keys?match={quote_from_bytes(name, safe=':*')}"


def _scan(query: bytes) -> tuple[bytes, ...]:
    given = {name: value or b"" for name, value in parameters(query)}
    given.pop(b"_token", None)
    match, cursor, count = given.pop(b"match", b""), given.pop(b"cursor", b"0"), given.pop(b"count", _DEFAULT_COUNT)
    if given:
        raise BadRequest("unknown query parameter; known are match, cursor and count")
    if not re.fullmatch(rb"[0-9]{1,20}", cursor) or int(cursor) > _MAX_CURSOR:
        raise BadRequest("cursor must be 0, or the cursor of the answer before")
    if not re.fullmatch(rb"[0-9]{1,4}", count) or not 1 <= int(count) <= _MAX_COUNT:
        raise BadRequest(f"count must be an integer from 1 to {_MAX_COUNT}: about how many keys to look at")
    return (b"SCAN", cursor, *((b"MATCH", match) if match else ()), b"COUNT", count)


def _encode_keys(replies: Replies) -> Response:
    reply = replies[0]
    if isinstance(reply, ErrorReply):
        return error(403, _NOT_PERMITTED) if str(reply).startswith("NOPERM ") else error_reply(str(reply))
    cursor, keys = reply  # type: ignore[misc]
    members = {"cursor": reply_encoding.as_text(cursor)}
    if_text, if_bytes = (orjson.dumps(known)[:-1] + b',"keys":' for known in (members, members | {"encoding": "base64"}))
    return reply_encoding.text_or_base64(if_text, if_bytes, keys)
