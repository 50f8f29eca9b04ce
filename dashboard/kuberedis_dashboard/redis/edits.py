"""Changes of one value that lose nothing: each happens only if the value is still what the person saw, and keeps the time to live.

A script compares and writes in one step, where WATCH would need a connection of its own. What was seen travels as its SHA-1, which tells
different values apart and is no secret; an empty one stands for "there was nothing".
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

CHANGED = b"changed"
"""What a script answers if somebody else was faster."""

NOTHING = ""
"""The digest of a value that is not there."""


def digest(value: bytes) -> str:
    """What stands for a value that was seen."""
    return hashlib.sha1(value, usedforsecurity=False).hexdigest()


_COMPARED = """
local function same(value) return (value and redis.sha1hex(value) or '') == ARGV[1] end
"""

_SET_STRING = f"""{_COMPARED}
if not same(redis.call('GET', KEYS[1])) then return 'changed' end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 'done'
"""

# A field may have a time to live of its own, which HSET removes; servers that know none answer with an error.
_SET_FIELD = f"""{_COMPARED}
if not same(redis.call('HGET', KEYS[1], ARGV[2])) then return 'changed' end
local ends = redis.pcall('HPEXPIRETIME', KEYS[1], 'FIELDS', 1, ARGV[2])
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
if not ends.err and ends[1] and ends[1] > 0 then
  redis.call('HPEXPIREAT', KEYS[1], string.format('%.0f', ends[1]), 'FIELDS', 1, ARGV[2])
end
return 'done'
"""

_SET_ITEM = f"""{_COMPARED}
if not same(redis.call('LINDEX', KEYS[1], ARGV[2])) then return 'changed' end
redis.call('LSET', KEYS[1], ARGV[2], ARGV[3])
return 'done'
"""

_SET_SCORE = f"""{_COMPARED}
if not same(redis.call('ZSCORE', KEYS[1], ARGV[2])) then return 'changed' end
redis.call('ZADD', KEYS[1], 'XX', ARGV[3], ARGV[2])
return 'done'
"""

_REMOVE_FIELD = f"""{_COMPARED}
if not same(redis.call('HGET', KEYS[1], ARGV[2])) then return 'changed' end
redis.call('HDEL', KEYS[1], ARGV[2])
return 'done'
"""

# LREM removes by value, so the item first gets one that no other has: nothing in a list can be known to differ from random bytes but these.
_REMOVE_ITEM = f"""{_COMPARED}
if not same(redis.call('LINDEX', KEYS[1], ARGV[2])) then return 'changed' end
redis.call('LSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('LREM', KEYS[1], 1, ARGV[3])
return 'done'
"""


@dataclass(frozen=True, slots=True)
class Edit:
    """A command, and how its reply says that nothing was changed."""

    command: tuple[bytes | str | int, ...]
    none_changed: bytes | int | None = CHANGED


def _script(text: str, key: bytes, *arguments: bytes | str) -> Edit:
    return Edit(("EVAL", text, 1, key, *arguments))


def set_string(key: bytes, seen: str, value: bytes) -> Edit:
    """Replace the value of a string whose digest was `seen`, or make it if that is `NOTHING`."""
    return _script(_SET_STRING, key, seen, value)


def set_field(key: bytes, field: bytes, seen: str, value: bytes) -> Edit:
    """Replace a field of a hash, or add it if `seen` is `NOTHING`."""
    return _script(_SET_FIELD, key, seen, field, value)


def set_item(key: bytes, index: int, seen: str, value: bytes) -> Edit:
    """Replace an item of a list."""
    return _script(_SET_ITEM, key, seen, str(index), value)


def set_score(key: bytes, member: bytes, seen: str, score: str) -> Edit:
    """Give a member of a sorted set another score; `seen` is the digest of the text of its score."""
    return _script(_SET_SCORE, key, seen, member, score)


def remove_field(key: bytes, field: bytes, seen: str) -> Edit:
    """Remove a field of a hash."""
    return _script(_REMOVE_FIELD, key, seen, field)


def remove_item(key: bytes, index: int, seen: str, unique: bytes) -> Edit:
    """Remove one item of a list.

    Args:
        key: The list.
        index: Where the item is.
        seen: The digest of the item.
        unique: Random bytes that are no item of the list.
    """
    return _script(_REMOVE_ITEM, key, seen, str(index), unique)


def remove_member(key: bytes, kind: str, member: bytes) -> Edit:
    """Remove a member of a set or of a sorted set (`zset`), or an entry of a stream."""
    command = {"set": "SREM", "zset": "ZREM", "stream": "XDEL"}[kind]
    return Edit((command, key, member), 0)


def append(key: bytes, value: bytes) -> Edit:
    """Add an item at the end of a list, or make the list."""
    return Edit(("RPUSH", key, value), None)


def add_member(key: bytes, member: bytes) -> Edit:
    """Add a member to a set, or make the set; one that is there already is no change."""
    return Edit(("SADD", key, member), 0)


def add_score(key: bytes, member: bytes, score: str) -> Edit:
    """Add a member to a sorted set, or make that; one that is there already is no change."""
    return Edit(("ZADD", key, "NX", score, member), 0)


def expire(key: bytes, seconds: int | None) -> Edit:
    """Let a key expire after some seconds, or never."""
    return Edit(("PERSIST", key) if seconds is None else ("EXPIRE", key, seconds), None if seconds is None else 0)


def delete(key: bytes) -> Edit:
    """Delete a key; one that is gone already is no change."""
    return Edit(("UNLINK", key), 0)


def is_changed(edit: Edit, reply: object) -> bool:
    """Whether the reply to the command of `edit` says that it was done."""
    return edit.none_changed is None or reply != edit.none_changed
