"""Reads and changes keys of an instance in bounded steps: of one script at a time, so that Redis serves others in between."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from kuberedis_dashboard.errors import Conflict, Invalid, NotFound, Unavailable
from kuberedis_dashboard.gateway.redis_client import RedisClient
from kuberedis_dashboard.redis import edits, stored
from kuberedis_dashboard.redis.edits import Edit
from kuberedis_dashboard.redis.keyspace import Filter, Prefixes, Progress
from kuberedis_dashboard.redis.replies import Reply
from kuberedis_dashboard.redis.stored import Stored, Text

PAGE_SECONDS = 1.0
PREFIX_SECONDS = 0.3
"""How long a page looks for keys before it shows what it has."""

_PIECE = 1024 * 1024
_LARGEST_REPLY = 8 * 1024 * 1024
"""Bytes of one step, in which every string is cut."""
_TRY_AGAIN = "Try again."


async def count_keys(client: RedisClient) -> int:
    """How many keys there are; raises as `RedisClient.result`."""
    return _number(await client.result("DBSIZE"))


async def find_keys(client: RedisClient, keys: Filter, progress: Progress) -> None:
    """Go on until a page is full, the end is reached, or `PAGE_SECONDS` have passed; raises as `RedisClient.result`."""
    deadline = time.monotonic() + PAGE_SECONDS
    try:
        while progress.add(await client.result(*progress.command(keys), most_bytes=_LARGEST_REPLY)):
            if time.monotonic() > deadline:
                return
    except ValueError as error:
        raise Unavailable(f"the answer cannot be used: {error}", _TRY_AGAIN) from None


async def find_prefixes(client: RedisClient, prefix: bytes) -> Prefixes:
    """The prefixes of keys below `prefix`, of as many keys as `PREFIX_SECONDS` allow; raises as `RedisClient.result`."""
    found = Prefixes(prefix)
    deadline = time.monotonic() + PREFIX_SECONDS
    try:
        while found.add(await client.result(*found.command(), most_bytes=_LARGEST_REPLY)):
            if time.monotonic() > deadline:
                break
    except ValueError as error:
        raise Unavailable(f"the answer cannot be used: {error}", _TRY_AGAIN) from None
    return found


async def read_key(client: RedisClient, key: bytes, cursor: str) -> Stored:
    """A page of a key.

    Raises:
        NotFound: There is no such key.
        Invalid: There is no such page.
        DashboardError: As `RedisClient.result`.
    """
    try:
        command = stored.read_command(key, cursor)
    except ValueError as error:
        raise Invalid(str(error), "Open the key again.") from None
    reply = await client.result(*command, most_bytes=_LARGEST_REPLY)
    try:
        found = stored.read(reply, cursor)
    except ValueError as error:
        raise Unavailable(f"the answer cannot be used: {error}", _TRY_AGAIN) from None
    if found.type == "none":
        raise NotFound("there is no such key, or no longer", "It may have expired or been deleted; look for others.")
    return found


async def read_element(client: RedisClient, key: bytes, kind: str, name: bytes) -> Text:
    """The first 64 KiB of a field of a `hash` or an item of a `list`.

    Raises:
        NotFound: There is no such element.
        DashboardError: As `RedisClient.result`.
    """
    found = stored.read_element(await client.result(*stored.element_command(key, kind, name)))
    if found is None:
        raise NotFound("there is no such element, or no longer", "Open the key again.")
    return found


async def change(client: RedisClient, edit: Edit) -> None:
    """Make a change.

    Raises:
        Conflict: Somebody else changed the value, or it is gone, so nothing was done.
        DashboardError: As `RedisClient.result`.
    """
    reply = await client.result(*edit.command)
    if not edits.is_changed(edit, reply):
        raise Conflict("nothing was changed: somebody else changed or removed it meanwhile", "Look at what is there now, and decide again.")


async def string_length(client: RedisClient, key: bytes) -> int:
    """Bytes of the string at a key, 0 if there is none; raises as `RedisClient.result`."""
    return _number(await client.result("STRLEN", key))


async def pieces(client: RedisClient, key: bytes, length: int) -> AsyncIterator[bytes]:
    """The first `length` bytes of a string, a piece at a time; raises `Conflict` if it became shorter, else as `RedisClient.result`."""
    for start in range(0, length, _PIECE):
        end = min(start + _PIECE, length)
        piece = await client.result("GETRANGE", key, start, end - 1)
        if not isinstance(piece, bytes) or len(piece) != end - start:
            raise Conflict("the value became shorter while it was read", _TRY_AGAIN)
        yield piece


def _number(reply: Reply) -> int:
    if not isinstance(reply, int):
        raise Unavailable("the answer cannot be used: it is no number", _TRY_AGAIN)
    return reply
