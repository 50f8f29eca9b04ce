"""What the data page reads and changes, through a real sidecar: within bounds whatever is stored, and never more than the scope permits."""

import secrets

import pytest
import redis

from kuberedis_core.acl_rule import Scope
from kuberedis_dashboard.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from kuberedis_dashboard.gateway import keyspace
from kuberedis_dashboard.gateway.redis_client import RedisClient
from kuberedis_dashboard.redis import edits
from kuberedis_dashboard.redis.edits import Edit, digest
from kuberedis_dashboard.redis.keyspace import FIRST, KEYS_OF_A_PAGE, LONGEST_NAME, Filter, Progress
from kuberedis_dashboard.redis.stored import LONGEST_ELEMENT, LONGEST_STRING, Stored
from tests.dashboard.commands import with_client
from tests.harness.sidecar import Sidecar

pytestmark = pytest.mark.every_server

BYTES = bytes(range(256))
LARGE = 45_000_000


def find(sidecar: Sidecar, wanted: Filter, cursor: str = FIRST) -> Progress:
    progress = Progress(cursor)
    with_client(sidecar, lambda client: keyspace.find_keys(client, wanted, progress))
    return progress


def read(sidecar: Sidecar, key: bytes, cursor: str = FIRST) -> Stored:
    return with_client(sidecar, lambda client: keyspace.read_key(client, key, cursor))


def change(sidecar: Sidecar, edit: Edit, scope: Scope = Scope.WRITE) -> None:
    with_client(sidecar, lambda client: keyspace.change(client, edit), scope)


def test_keys_have_type_size_and_time_to_live(sidecar: Sidecar, database: redis.Redis) -> None:
    database.set("s", "value", px=60_000)
    database.hset("h", mapping={"a": "1", "b": "2"})
    database.rpush("l", *range(3))
    database.sadd("t", "x")
    database.zadd("z", {"m": 1.5})
    database.xadd("x", {"f": "v"})
    database.set(BYTES, "")
    rows = find(sidecar, Filter()).rows
    kinds = {b"s": "string", b"h": "hash", b"l": "list", b"t": "set", b"z": "zset", b"x": "stream", BYTES: "string"}
    assert {name: row.type for name, row in rows.items()} == kinds
    assert {name: row.length for name, row in rows.items()} == {b"s": 5, b"h": 2, b"l": 3, b"t": 1, b"z": 1, b"x": 1, BYTES: 0}
    assert 0 < rows[b"s"].expires_in_ms <= 60_000
    assert rows[b"h"].expires_in_ms == -1
    assert all(row.memory > 0 for row in rows.values())
    assert list(find(sidecar, Filter(type="hash")).rows) == [b"h"]
    assert list(find(sidecar, Filter(prefix=BYTES[:200])).rows) == [BYTES]


def test_many_keys_come_in_pages_and_by_prefix(sidecar: Sidecar, database: redis.Redis) -> None:
    database.mset({f"user:{number}:name": "" for number in range(700)} | {f"job:{number}": "" for number in range(300)})
    seen: set[bytes] = set()
    progress = find(sidecar, Filter())
    while progress.cursor != FIRST:
        seen |= progress.rows.keys()
        assert KEYS_OF_A_PAGE <= len(progress.rows) < 2 * KEYS_OF_A_PAGE
        progress = find(sidecar, Filter(), progress.cursor)
    assert len(seen | progress.rows.keys()) == 1000
    found = with_client(sidecar, lambda client: keyspace.find_prefixes(client, b""))
    assert found.largest(10) == [(b"job:", 300), (b"user:", 700)]
    below = with_client(sidecar, lambda client: keyspace.find_prefixes(client, b"user:"))
    assert (below.matched, len(below.groups), len(below.largest(5))) == (700, 700, 5)


def test_what_is_large_is_read_in_part(sidecar: Sidecar, database: redis.Redis) -> None:
    database.setrange("s", LARGE - 1, "x")
    database.set("k" * 1_000_000, "")
    database.hset("h", mapping={"small": "v", "f" * 100_000: bytes(LARGE // 45)})
    database.rpush("l", bytes(LARGE // 2))
    rows = sorted(find(sidecar, Filter()).rows.values(), key=lambda row: row.name_length)
    assert [(row.name_length, len(row.name), row.can_be_opened) for row in rows] == [
        *[(1, 1, True)] * 3,
        (1_000_000, LONGEST_NAME, False),
    ]
    string = read(sidecar, b"s")
    assert string.text is not None
    assert (string.length, string.text.length, len(string.text.beginning)) == (LARGE, LARGE, LONGEST_STRING)
    lengths = sorted((each.name.length, each.value.length, len(each.value.beginning)) for each in read(sidecar, b"h").elements if each.name)
    assert lengths == [(5, 1, 1), (100_000, LARGE // 45, LONGEST_ELEMENT)]
    element = with_client(sidecar, lambda client: keyspace.read_element(client, b"h", "hash", b"f" * 100_000))
    assert (element.length, len(element.beginning)) == (LARGE // 45, LONGEST_STRING)
    assert (read(sidecar, b"l").length, read(sidecar, b"l").elements) == (1, ())

    async def download(client: RedisClient) -> int:
        return sum([len(piece) async for piece in keyspace.pieces(client, b"s", await keyspace.string_length(client, b"s"))])

    assert with_client(sidecar, download) == LARGE


@pytest.mark.parametrize("kind", ["hash", "list", "set", "zset", "stream"])
def test_collections_come_in_pages(sidecar: Sidecar, database: redis.Redis, kind: str) -> None:
    names = [f"{number:04d}" + "x" * 80 for number in range(700)]
    if kind == "hash":
        database.hset("k", mapping=dict.fromkeys(names, "v"))
    elif kind == "zset":
        database.zadd("k", {name: place for place, name in enumerate(names)})
    elif kind == "stream":
        for place, name in enumerate(names, 1):
            database.xadd("k", {name: "v"}, id=f"{place}-0")
    else:
        (database.rpush if kind == "list" else database.sadd)("k", *names)
    seen, cursor, pages = set(), FIRST, 0
    while pages == 0 or cursor != FIRST:
        page = read(sidecar, b"k", cursor)
        assert (page.type, page.length) == (kind, 700)
        for each in page.elements:
            shown = {"hash": each.name, "stream": each.fields[0] if each.fields else None}.get(kind, each.value)
            assert shown is not None
            seen.add(shown.beginning.decode())
        cursor, pages = page.next_cursor, pages + 1
    assert seen == set(names)
    assert pages >= 5


def test_edits_keep_the_time_to_live_and_compare(sidecar: Sidecar, database: redis.Redis) -> None:
    database.set("s", BYTES, ex=100)
    change(sidecar, edits.set_string(b"s", digest(BYTES), b"new\xff"))
    assert database.get("s") == b"new\xff"
    assert 80 < database.ttl("s") <= 100
    with pytest.raises(Conflict, match="nothing was changed"):
        change(sidecar, edits.set_string(b"s", digest(BYTES), b"newer"))
    with pytest.raises(Conflict, match="nothing was changed"):
        change(sidecar, edits.set_string(b"s", edits.NOTHING, b"made"))
    assert database.get("s") == b"new\xff"
    change(sidecar, edits.expire(b"s", 50))
    assert 30 < database.ttl("s") <= 50
    change(sidecar, edits.expire(b"s", None))
    assert database.ttl("s") == -1
    change(sidecar, edits.delete(b"s"))
    with pytest.raises(Conflict):
        change(sidecar, edits.delete(b"s"))
    with pytest.raises(NotFound, match="no such key"):
        read(sidecar, b"s")
    change(sidecar, edits.set_string(b"s", edits.NOTHING, b"made"))
    assert database.get("s") == b"made"


def test_elements_are_changed_one_by_one(sidecar: Sidecar, database: redis.Redis) -> None:
    unique = secrets.token_bytes(16)
    done = [
        edits.set_field(b"h", BYTES, edits.NOTHING, b"1"),
        edits.set_field(b"h", BYTES, digest(b"1"), b"2"),
        edits.append(b"l", b"a"),
        edits.append(b"l", b"a"),
        edits.append(b"l", b"b"),
        edits.set_item(b"l", 2, digest(b"b"), b"c"),
        edits.remove_item(b"l", 0, digest(b"a"), unique),
        edits.add_member(b"t", b"m"),
        edits.add_score(b"z", b"m", "1.5"),
        edits.set_score(b"z", b"m", digest(b"1.5"), "2"),
    ]
    for edit in done:
        change(sidecar, edit)
    assert database.hgetall("h") == {BYTES: b"2"}
    assert database.lrange("l", 0, -1) == [b"a", b"c"]
    assert database.zrange("z", 0, -1, withscores=True) == [(b"m", 2.0)]
    refused = [
        edits.set_field(b"h", BYTES, digest(b"1"), b"3"),
        edits.remove_field(b"h", BYTES, digest(b"1")),
        edits.set_item(b"l", 0, digest(b"b"), b"x"),
        edits.remove_item(b"l", 7, digest(b"a"), unique),
        edits.add_member(b"t", b"m"),
        edits.add_score(b"z", b"m", "7"),
        edits.set_score(b"z", b"m", digest(b"1.5"), "3"),
        edits.remove_member(b"t", "set", b"other"),
        edits.expire(b"none", 5),
    ]
    for edit in refused:
        with pytest.raises(Conflict):
            change(sidecar, edit)
    database.xadd("x", {"f": "v"}, id="7-0")
    for edit in (
        edits.remove_field(b"h", BYTES, digest(b"2")),
        edits.remove_member(b"t", "set", b"m"),
        edits.remove_member(b"z", "zset", b"m"),
        edits.remove_member(b"x", "stream", b"7-0"),
    ):
        change(sidecar, edit)
    assert database.exists("h", "t", "z") == 0


def test_a_read_scope_changes_nothing(sidecar: Sidecar, database: redis.Redis) -> None:
    database.set("s", "v")
    database.rpush("l", "a")
    refused = [
        edits.set_string(b"s", digest(b"v"), b"x"),
        edits.set_field(b"h", b"f", edits.NOTHING, b"x"),
        edits.set_item(b"l", 0, digest(b"a"), b"x"),
        edits.remove_item(b"l", 0, digest(b"a"), b"u"),
        edits.append(b"l", b"b"),
        edits.expire(b"s", 1),
        edits.delete(b"s"),
    ]
    for edit in refused:
        with pytest.raises(NotAllowed, match="does not permit it"):
            change(sidecar, edit, Scope.READ)
    assert (database.get("s"), database.lrange("l", 0, -1), database.dbsize()) == (b"v", [b"a"], 2)


def test_each_failure_says_what_to_do(sidecar: Sidecar, database: redis.Redis) -> None:
    database.rpush("l", "a")
    for edit, error, words in (
        (edits.set_string(b"l", digest(b"a"), b"x"), Conflict, "another type"),
        (edits.add_score(b"z", b"m", "<b>"), Invalid, "not a valid float"),
    ):
        with pytest.raises(error, match=words) as caught:
            change(sidecar, edit)
        assert caught.value.advice
    with pytest.raises(Unavailable, match="signature is not of this instance's key") as refused:
        with_client(sidecar, lambda client: client.run("PING"), key="k" * 43)
    assert refused.value.advice
    with pytest.raises(Unavailable, match="more than 1,000 bytes"):
        with_client(sidecar, lambda client: client.run("COMMAND", "DOCS", most_bytes=1000))
    with pytest.raises(Invalid, match="page does not exist"):
        read(sidecar, b"l", "(1")


def test_fields_keep_a_time_to_live_of_their_own(sidecar: Sidecar, database: redis.Redis) -> None:
    database.hset("h", "f", "1")
    may_expire = "hpexpire" in database.command_list()
    if may_expire:
        database.hpexpire("h", 100_000, "f")
    change(sidecar, edits.set_field(b"h", b"f", digest(b"1"), b"2"))
    assert database.hget("h", "f") == b"2"
    assert not may_expire or database.hpttl("h", "f")[0] > 0
