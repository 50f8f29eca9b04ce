"""The Python SDK over every type of data that Redis has."""

from typing import Any

import pytest
from upstash_redis.errors import UpstashError

pytestmark = [pytest.mark.usefixtures("flushed"), pytest.mark.every_server]

TEXTS = {
    "empty": "",
    "text": "hello world",
    "unicode": "héllo 世界 🚀 \u202eright to left",
    "line breaks and NUL": "a\r\nb\nc\x00d",
    "looks like base64": "aGVsbG8=",
    "reads OK": "OK",
    "quotes": "\"quoted\" \\ 'single'",
    "long": "é" * 200_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_text_comes_back_as_it_was_set(upstash: Any, text: str) -> None:
    assert upstash.set("k", text) is True
    assert upstash.get("k") == text
    assert upstash.mget("k", "missing") == [text, None]
    assert upstash.getset("k", "other") == text


def test_keys_and_fields_may_hold_any_text(upstash: Any) -> None:
    for name in TEXTS.values():
        upstash.set(name, "value")
        assert upstash.get(name) == "value"
        upstash.delete(name)
        # The keyword `field` would take an empty name for none at all.
        upstash.hset(name, values={name: "value"})
        assert upstash.hgetall(name) == {name: "value"}


def test_strings_expire_and_are_set_on_conditions(upstash: Any) -> None:
    assert upstash.set("k", "v", ex=100) is True
    assert 0 < upstash.ttl("k") <= 100
    assert upstash.set("k", "w", nx=True) is False
    assert upstash.set("k", "w", xx=True, get=True) == "v"
    assert upstash.setex("k", 50, "x") is True
    assert 0 < upstash.pttl("k") <= 50_000
    assert upstash.persist("k") is True
    assert upstash.ttl("k") == -1
    assert upstash.getex("k", px=60_000) == "x"
    assert upstash.expire("k", 0) is True
    assert upstash.exists("k") == 0


def test_strings_count_and_grow(upstash: Any) -> None:
    assert upstash.incr("n") == 1
    assert upstash.incrby("n", 41) == 42
    assert upstash.decrby("n", 2) == 40
    assert upstash.incrbyfloat("n", 0.5) == 40.5
    assert upstash.append("s", "hello") == 5
    assert upstash.append("s", " world") == 11
    assert upstash.getrange("s", 0, 4) == "hello"
    assert upstash.setrange("s", 6, "there") == 11
    assert upstash.strlen("s") == 11
    assert upstash.getdel("s") == "hello there"
    assert upstash.mset({"a": "1", "b": "2"}) is True
    assert upstash.msetnx({"b": "3", "c": "4"}) is False


def test_integers_past_double_precision_stay_exact(upstash: Any) -> None:
    assert upstash.set("n", 2**53 + 1) is True
    assert upstash.incr("n") == 2**53 + 2
    assert upstash.incrby("n", 2**62) == 2**62 + 2**53 + 2


def test_keys_are_listed_typed_renamed_and_copied(upstash: Any) -> None:
    upstash.mset({"one": "1", "two": "2"})
    upstash.rpush("list", "a")
    assert sorted(upstash.keys("*")) == ["list", "one", "two"]
    cursor, found = upstash.scan(0, match="o*", count=1000)
    assert (int(cursor), found) == (0, ["one"])
    assert upstash.type("list") == "list"
    assert upstash.rename("one", "uno") is True
    assert upstash.copy("uno", "due") is True
    assert upstash.touch("uno", "due", "none") == 2
    assert upstash.unlink("uno", "due") == 2
    assert upstash.dbsize() == 2
    assert upstash.randomkey() in {"two", "list"}
    assert upstash.flushdb() is True
    assert upstash.dbsize() == 0


def test_hashes(upstash: Any) -> None:
    assert upstash.hset("h", values={"name": "Ada", "born": 1815, "note": "é"}) == 3
    assert upstash.hget("h", "name") == "Ada"
    assert upstash.hget("h", "missing") is None
    assert upstash.hgetall("h") == {"name": "Ada", "born": "1815", "note": "é"}
    assert upstash.hmget("h", "name", "missing", "note") == ["Ada", None, "é"]
    assert upstash.hincrby("h", "born", 37) == 1852
    assert upstash.hincrbyfloat("h", "born", 0.25) == 1852.25
    assert sorted(upstash.hkeys("h")) == ["born", "name", "note"]
    assert sorted(upstash.hvals("h")) == ["1852.25", "Ada", "é"]
    assert upstash.hexists("h", "note") is True
    assert upstash.hsetnx("h", "note", "other") is False
    assert upstash.hstrlen("h", "note") == 2
    assert upstash.hdel("h", "note", "missing") == 1
    assert upstash.hlen("h") == 2
    assert upstash.hscan("h", 0) == (0, {"name": "Ada", "born": "1852.25"})
    assert upstash.hrandfield("h") in {"name", "born"}


def test_lists(upstash: Any) -> None:
    assert upstash.rpush("l", "b", "c", "OK") == 3
    assert upstash.lpush("l", "a") == 4
    assert upstash.lrange("l", 0, -1) == ["a", "b", "c", "OK"]
    assert upstash.lindex("l", 1) == "b"
    assert upstash.lset("l", 1, "B") is True
    assert upstash.linsert("l", "BEFORE", "c", "b2") == 5
    assert upstash.lpos("l", "b2") == 2
    assert upstash.lrem("l", 1, "b2") == 1
    assert upstash.lmove("l", "m", "LEFT", "RIGHT") == "a"
    assert upstash.lpop("l", 2) == ["B", "c"]
    assert upstash.rpop("l") == "OK"
    assert upstash.rpop("l") is None
    assert upstash.llen("m") == 1
    assert upstash.rpushx("l", "x") == 0
    assert upstash.ltrim("m", 1, 0) == "OK"
    assert upstash.exists("m") == 0


def test_sets(upstash: Any) -> None:
    assert upstash.sadd("s", "a", "b", "c") == 3
    assert upstash.sadd("t", "b", "c", "d") == 3
    assert set(upstash.smembers("s")) == {"a", "b", "c"}
    assert upstash.sismember("s", "a") is True
    assert upstash.smismember("s", "a", "x") == [True, False]
    assert set(upstash.sinter("s", "t")) == {"b", "c"}
    assert set(upstash.sunion("s", "t")) == {"a", "b", "c", "d"}
    assert set(upstash.sdiff("s", "t")) == {"a"}
    assert upstash.sinterstore("u", "s", "t") == 2
    assert upstash.smove("s", "t", "a") is True
    assert upstash.srem("t", "a", "missing") == 1
    assert upstash.scard("u") == 2
    assert upstash.srandmember("u") in {"b", "c"}
    assert upstash.spop("u") in {"b", "c"}


def test_sorted_sets(upstash: Any) -> None:
    assert upstash.zadd("z", {"a": 1, "b": 2.5, "c": 3}) == 3
    assert upstash.zrange("z", 0, -1, withscores=True) == [("a", 1.0), ("b", 2.5), ("c", 3.0)]
    assert upstash.zrange("z", "+inf", "2", sortby="BYSCORE", rev=True) == ["c", "b"]
    assert upstash.zscore("z", "b") == 2.5
    assert upstash.zscore("z", "missing") is None
    assert upstash.zmscore("z", ["a", "missing"]) == [1.0, None]
    assert upstash.zincrby("z", 10, "a") == 11.0
    assert upstash.zrank("z", "a") == 2
    assert upstash.zrevrank("z", "a") == 0
    assert upstash.zcount("z", 2, "(11") == 2
    assert upstash.zpopmin("z") == [("b", 2.5)]
    assert upstash.zadd("y", {"c": 4}) == 1
    assert upstash.zunion(["z", "y"], withscores=True) == [("c", 7.0), ("a", 11.0)]
    assert upstash.zinterstore("x", ["z", "y"]) == 1
    assert upstash.zremrangebyscore("z", "-inf", "+inf") == 2
    assert upstash.zcard("z") == 0


def test_streams(upstash: Any) -> None:
    assert upstash.xadd("s", "1-1", {"kind": "login", "who": "é"}) == "1-1"
    upstash.xadd("s", "2-1", {"kind": "logout"}, maxlen=10)
    assert upstash.xlen("s") == 2
    assert upstash.xrange("s", "-", "+") == [["1-1", ["kind", "login", "who", "é"]], ["2-1", ["kind", "logout"]]]
    assert upstash.xrevrange("s", "+", "-", 1) == [["2-1", ["kind", "logout"]]]
    assert upstash.xread({"s": "1-1"}) == [["s", [["2-1", ["kind", "logout"]]]]]
    assert upstash.xgroup_create("s", "g", "0") == "OK"
    assert upstash.xreadgroup("g", "me", {"s": ">"}, count=1) == [["s", [["1-1", ["kind", "login", "who", "é"]]]]]
    pending = upstash.xpending("s", "g")
    assert pending == [1, "1-1", "1-1", [["me", "1"]]]
    assert upstash.xack("s", "g", "1-1") == 1
    assert upstash.xautoclaim("s", "g", "other", 0, "0-0")[1] == []
    assert upstash.xinfo_groups("s")[0][:2] == ["name", "g"]
    assert upstash.xdel("s", "1-1") == 1
    assert upstash.xtrim("s", maxlen=0) == 1


def test_geo_positions(upstash: Any) -> None:
    assert upstash.geoadd("g", (13.361389, 38.115556, "Palermo"), (15.087269, 37.502669, "Catania")) == 2
    assert upstash.geodist("g", "Palermo", "Catania", "KM") == pytest.approx(166.2742)
    assert upstash.geohash("g", "Palermo", "missing") == ["sqc8b49rny0", None]
    ((longitude, latitude),) = upstash.geopos("g", "Palermo")
    assert (longitude, latitude) == (pytest.approx(13.361389, abs=1e-5), pytest.approx(38.115556, abs=1e-5))
    near = upstash.geosearch("g", longitude=15, latitude=37, unit="KM", radius=200, order="ASC", withdist=True)
    assert [(member.member, member.distance) for member in near] == [
        ("Catania", pytest.approx(56.4413)),
        ("Palermo", pytest.approx(190.4424)),
    ]


def test_bits(upstash: Any) -> None:
    assert upstash.setbit("b", 7, 1) == 0
    assert upstash.getbit("b", 7) == 1
    assert upstash.setbit("b", 0, 1) == 0
    assert upstash.bitcount("b") == 2
    assert upstash.bitpos("b", 1) == 0
    assert upstash.bitop("NOT", "n", "b") == 1
    assert upstash.bitfield("f").set("u8", 0, 200).incrby("u8", 0, 100).get("u8", 0).execute() == [0, 44, 44]
    assert upstash.bitfield("f").overflow("FAIL").incrby("u8", 0, 250).execute() == [None]
    assert upstash.bitfield_ro("f").get("u4", 0).get("u4", 4).execute() == [2, 12]


def test_hyperloglog(upstash: Any) -> None:
    assert upstash.pfadd("p", "a", "b", "c") is True
    assert upstash.pfadd("p", "a") is False
    assert upstash.pfcount("p") == 3
    assert upstash.pfmerge("q", "p") is True
    assert upstash.pfcount("q") == 3


def test_scripts_by_text_and_by_digest(upstash: Any) -> None:
    script = "return {KEYS[1], ARGV[1], redis.call('INCR', 'n'), false}"
    assert upstash.eval(script, keys=["k"], args=["é"]) == ["k", "é", 1, None]
    digest = upstash.script_load(script)
    assert upstash.script_exists(digest, "0" * 40) == [True, False]
    assert upstash.evalsha(digest, keys=["k"], args=["a"]) == ["k", "a", 2, None]
    assert upstash.eval_ro("return redis.call('GET', KEYS[1])", keys=["n"]) == "2"


def test_a_script_that_is_not_loaded_says_noscript(upstash: Any) -> None:
    with pytest.raises(UpstashError, match=r"^NOSCRIPT No matching script"):
        upstash.evalsha("f" * 40, keys=[], args=[])


def test_the_servers_own_commands(upstash: Any) -> None:
    assert upstash.ping() == "PONG"
    assert upstash.ping("é") == "é"
    assert upstash.echo("é") == "é"
    seconds, microseconds = upstash.time()
    assert int(seconds) > 1_700_000_000
    assert 0 <= int(microseconds) < 1_000_000
    assert upstash.publish("nobody", "listens") == 0


def test_a_failure_raises_with_the_message_of_redis(upstash: Any) -> None:
    upstash.set("k", "text")
    with pytest.raises(UpstashError, match=r"^WRONGTYPE Operation against a key holding the wrong kind of value$"):
        upstash.lpush("k", "x")
    with pytest.raises(UpstashError, match=r"^ERR value is not an integer or out of range$"):
        upstash.incr("k")
    with pytest.raises(UpstashError, match=r"^ERR unknown command 'NOSUCH'"):
        upstash.execute(["NOSUCH", "x"])


def test_objects_are_stored_as_json(upstash: Any) -> None:
    upstash.set("k", {"a": [1, None, "é"]})
    assert upstash.get("k") == '{"a": [1, null, "\\u00e9"]}'
