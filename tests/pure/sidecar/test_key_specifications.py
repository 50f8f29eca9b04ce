"""Key specifications of the reply of COMMAND: which find every key of every call."""

from typing import Any

import pytest

from kuberedis_sidecar.redis.key_specifications import keys_are_found


def specification(*flags: bytes, begin: Any = ("index", 1), find: Any = ("range", "lastkey", 0)) -> list[Any]:
    """As RESP2 writes one."""
    kind, *place = find
    members = [part.encode() if isinstance(part, str) else part for part in place]
    return [
        *[b"notes", b"text"],
        *[b"flags", [b"RO", *flags]],
        *[b"begin_search", [b"type", begin[0].encode(), b"spec", [begin[0].encode(), begin[1]]]],
        *[b"find_keys", [b"type", kind.encode(), b"spec", [*members, b"keystep", 1, b"limit", 0]]],
    ]


@pytest.mark.parametrize(
    ("arity", "specifications", "found"),
    [
        (2, [specification()], True),
        (-3, [specification(find=("range", "lastkey", -1))], True),
        (3, [specification(find=("range", "lastkey", 1))], True),
        (-4, [specification(), specification(begin=("index", 2), find=("keynum", "keynumidx", 0, "firstkey", 1))], True),
        (2, [], False),
        # As in PFMERGE: without a second key the second specification does not apply, and then none does.
        (-2, [specification(), specification(begin=("index", 2))], False),
        (-2, [specification(find=("range", "lastkey", 1))], False),
        (-2, [specification(find=("keynum", "keynumidx", 1, "firstkey", 2))], False),
        (-1, [specification()], False),
        (3, [specification(), specification(b"incomplete")], False),
        (3, [specification(b"variable_flags")], False),
        (3, [specification(b"not_key")], False),
        (-4, [specification(begin=("keyword", "STREAMS"))], False),
        (2, [specification(begin=("unknown", 1))], False),
        (2, [specification(find=("unknown",))], False),
    ],
)
def test_every_key_is_found(arity: int, specifications: list[Any], found: bool) -> None:
    entry: list[Any] = [b"name", arity, [b"write"], 1, 1, 1, [], [], specifications, []]
    assert keys_are_found(entry) is found
    assert not keys_are_found([b"name", arity, [b"write", b"module"], *entry[3:]])


def test_server_without_specifications_finds_none() -> None:
    assert not keys_are_found([b"get", 2, [b"readonly"], 1, 1, 1])
