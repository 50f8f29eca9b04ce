"""Changes as forms of a page describe them: names of actions and fields of text, in; a change, out."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping

from kuberedis_dashboard.redis import edits
from kuberedis_dashboard.redis.edits import Edit
from kuberedis_dashboard.redis.presentation import edited

Fields = Mapping[str, str]

LONGEST_SECONDS = 100 * 365 * 86400
_DIGEST = re.compile(r"[0-9a-f]{40}|")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?|[+-]?inf", re.ASCII)


def edit_of(action: str, key: bytes, fields: Fields, unique: bytes) -> Edit:
    """The change that a form asks for.

    Args:
        action: Name of the change, one of `ACTIONS`.
        key: The key.
        fields: `name` (base64) of an element, or `new_name` as typed; `seen`, the digest of what was shown; `value` as `encoding` says;
            `score`; `seconds`.
        unique: Random bytes.

    Raises:
        ValueError: A field is missing or has no usable text; the text says what to write.
    """
    build = ACTIONS.get(action)
    if build is None:
        raise ValueError("there is no such change; load the page again")
    return build(key, fields, unique)


def bytes_of(text: str) -> bytes:
    """The bytes of a hidden field.

    Raises:
        ValueError: It is not what the page has sent.
    """
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raise ValueError("a field of the page was changed; load the page again") from None


def create(key: bytes, kind: str, fields: Fields) -> Edit:
    """A new key of a type, with its first element; a collection that is there already gets one element more.

    Raises:
        ValueError: As `edit_of`.
    """
    if not key:
        raise ValueError("a key has a name of at least one character here; write an empty one in the console")
    build = {"string": "make_string", "hash": "add_field", "list": "append", "set": "add_member", "zset": "add_score"}.get(kind)
    if build is None:
        raise ValueError("choose a type: string, hash, list, set or zset")
    return ACTIONS[build](key, fields, b"")


def _value(fields: Fields) -> bytes:
    return edited(fields.get("value", ""), fields.get("encoding", "text"))


def _name(fields: Fields) -> bytes:
    return bytes_of(fields.get("name", ""))


def _new_name(fields: Fields) -> bytes:
    name = fields.get("new_name", "").encode(errors="replace")
    if not name:
        raise ValueError("write the name of the field")
    return name


def _index(fields: Fields) -> int:
    index = _name(fields).decode(errors="replace")
    if not (index.isascii() and index.isdecimal() and len(index) < 19):
        raise ValueError("the place in the list is no number; load the page again")
    return int(index)


def _seen(fields: Fields) -> str:
    seen = fields.get("seen", "")
    if not _DIGEST.fullmatch(seen):
        raise ValueError("a field of the page was changed; load the page again")
    return seen


def _score(fields: Fields) -> str:
    score = fields.get("score", "").strip()
    if not _NUMBER.fullmatch(score):
        raise ValueError("a score is a number, such as 1.5 or -inf")
    return score


def _seconds(fields: Fields) -> int:
    seconds = fields.get("seconds", "").strip()
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) < 12 and 0 < int(seconds) <= LONGEST_SECONDS):
        raise ValueError(f"write a whole number of seconds, from 1 to {LONGEST_SECONDS:,} (100 years)")
    return int(seconds)


ACTIONS: Mapping[str, Callable[[bytes, Fields, bytes], Edit]] = {
    "make_string": lambda key, fields, _: edits.set_string(key, edits.NOTHING, _value(fields)),
    "set_string": lambda key, fields, _: edits.set_string(key, _seen(fields), _value(fields)),
    "set_field": lambda key, fields, _: edits.set_field(key, _name(fields), _seen(fields), _value(fields)),
    "add_field": lambda key, fields, _: edits.set_field(key, _new_name(fields), edits.NOTHING, _value(fields)),
    "set_item": lambda key, fields, _: edits.set_item(key, _index(fields), _seen(fields), _value(fields)),
    "append": lambda key, fields, _: edits.append(key, _value(fields)),
    "add_member": lambda key, fields, _: edits.add_member(key, _value(fields)),
    "add_score": lambda key, fields, _: edits.add_score(key, _value(fields), _score(fields)),
    "set_score": lambda key, fields, _: edits.set_score(key, _name(fields), _seen(fields), _score(fields)),
    "remove_field": lambda key, fields, _: edits.remove_field(key, _name(fields), _seen(fields)),
    "remove_item": lambda key, fields, unique: edits.remove_item(key, _index(fields), _seen(fields), unique),
    "remove_set": lambda key, fields, _: edits.remove_member(key, "set", _name(fields)),
    "remove_zset": lambda key, fields, _: edits.remove_member(key, "zset", _name(fields)),
    "remove_stream": lambda key, fields, _: edits.remove_member(key, "stream", _name(fields)),
    "expire": lambda key, fields, _: edits.expire(key, _seconds(fields)),
    "persist": lambda key, _, __: edits.expire(key, None),
    "delete": lambda key, _, __: edits.delete(key),
}
"""Every change, by its name in a form."""
