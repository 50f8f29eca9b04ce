"""Steps through the keys of an instance: what to ask for, and what the answers of the scripts mean."""

from __future__ import annotations

from dataclasses import dataclass, field

from kuberedis_dashboard.redis import scripts
from kuberedis_dashboard.redis.replies import Reply

LONGEST_NAME = 1024
"""Bytes of a key's name up to which the key can be opened; of a longer one only the beginning is fetched."""

LONGEST_PREFIX = 512
KEYS_OF_A_PAGE = 100
_SMALLEST_STEP = 100
_LARGEST_STEP = 5000
TYPES = ("string", "hash", "list", "set", "zset", "stream")

FIRST = "0"
"""The cursor of the first step, and that behind the last one."""

Command = tuple[bytes | str | int, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which keys to show.

    Attributes:
        prefix: What their names begin with, as bytes.
        pattern: A glob-style pattern that they match; without one, those with the prefix do.
        type: Their type; empty for any.
    """

    prefix: bytes = b""
    pattern: bytes = b""
    type: str = ""

    @property
    def match(self) -> bytes:
        """The pattern for SCAN."""
        return self.pattern or escape_glob(self.prefix) + b"*"

    @property
    def is_everything(self) -> bool:
        """Whether every key passes."""
        return self.match == b"*" and not self.type


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key of a page."""

    name: bytes
    """Or its beginning, if it is longer than `LONGEST_NAME`."""
    name_length: int
    type: str
    expires_in_ms: int
    """As PTTL says: -1 for never."""
    memory: int
    length: int
    """Elements, or bytes of a string."""

    @property
    def can_be_opened(self) -> bool:
        """Whether the whole name is known."""
        return self.name_length == len(self.name)


@dataclass(slots=True)
class Progress:
    """How far a walk through the keys has come, and what it found."""

    cursor: str = FIRST
    looked_at: int = 0
    """Keys, as the steps were told to; Redis looks at about as many."""
    rows: dict[bytes, KeyRow] = field(default_factory=dict)
    """By name, because SCAN may return a key twice."""
    step: int = _SMALLEST_STEP

    def command(self, keys: Filter) -> Command:
        """The next step."""
        return ("EVAL_RO", scripts.SCAN, 0, self.cursor, self.step, keys.match, keys.type, LONGEST_NAME)

    def add(self, reply: Reply) -> bool:
        """Take the answer to a step; False if there is nothing left to look at, or the page is full.

        Raises:
            ValueError: It is not what the script returns.
        """
        self.cursor, found = _cursor_and_list(reply)
        self.looked_at += max(self.step, len(found))
        for each in map(_row, found):
            self.rows[each.name] = each
        if not found:
            # Matches are rare; what is looked at for nothing is not fetched.
            self.step = min(self.step * 2, _LARGEST_STEP)
        return self.cursor != FIRST and len(self.rows) < KEYS_OF_A_PAGE


@dataclass(slots=True)
class Prefixes:
    """The prefixes of names up to the next colon, with how many of the keys that were looked at have each."""

    prefix: bytes
    cursor: str = FIRST
    looked_at: int = 0
    matched: int = 0
    groups: dict[bytes, int] = field(default_factory=dict)

    def command(self) -> Command:
        """The next step."""
        match = escape_glob(self.prefix) + b"*"
        return ("EVAL_RO", scripts.PREFIXES, 0, self.cursor, _LARGEST_STEP, match, len(self.prefix), LONGEST_PREFIX)

    def add(self, reply: Reply) -> bool:
        """Take the answer to a step; False if there is nothing left to look at.

        Raises:
            ValueError: It is not what the script returns.
        """
        match reply:
            case [bytes() as cursor, int() as matched, list() as flat]:
                self.cursor = cursor.decode("ascii")
            case _:
                raise ValueError("the answer is not that of the script")
        self.looked_at += _LARGEST_STEP
        self.matched += matched
        for group, count in zip(flat[::2], flat[1::2], strict=True):
            if isinstance(group, bytes) and isinstance(count, int):
                self.groups[group] = self.groups.get(group, 0) + count
        return self.cursor != FIRST

    def largest(self, number: int) -> list[tuple[bytes, int]]:
        """The prefixes with the most keys, by name."""
        most = sorted(self.groups.items(), key=lambda group: (-group[1], group[0]))[:number]
        return sorted(most)


def escape_glob(text: bytes) -> bytes:
    """A pattern that matches `text` and nothing else (https://redis.io/docs/latest/commands/keys/)."""
    return b"".join(b"\\" + bytes((byte,)) if byte in b"*?[]^-\\" else bytes((byte,)) for byte in text)


def check_cursor(text: str) -> str:
    """`text` if it can be a cursor of SCAN.

    Raises:
        ValueError: It cannot.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 20):
        raise ValueError("the cursor is not one of SCAN; start again from the first page")
    return text


def _cursor_and_list(reply: Reply) -> tuple[str, list[Reply]]:
    match reply:
        case [bytes() as cursor, list() as found]:
            return check_cursor(cursor.decode("ascii")), found
    raise ValueError("the answer is not that of the script")


def _row(reply: Reply) -> KeyRow:
    match reply:
        case [bytes() as name, int() as name_length, bytes() as kind, int() as expires, int() as memory, int() as length]:
            return KeyRow(
                name=name,
                name_length=name_length,
                type=kind.decode(errors="replace"),
                expires_in_ms=expires,
                memory=memory,
                length=length,
            )
    raise ValueError("the answer is not that of the script")
