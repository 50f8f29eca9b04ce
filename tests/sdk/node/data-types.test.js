import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "@upstash/redis";
import { redis } from "./client.js";

const texts = {
  empty: "",
  unicode: "héllo 世界 🚀 \u202eright to left",
  "line breaks and NUL": "a\r\nb\nc\u0000d",
  "looks like base64": "aGVsbG8=",
  "reads OK": "OK",
  quotes: "\"quoted\" \\ 'single'",
  long: "é".repeat(200_000),
};

for (const [name, text] of Object.entries(texts)) {
  test(`text comes back as it was set: ${name}`, async () => {
    assert.equal(await redis.set("k", text), "OK");
    assert.equal(await redis.get("k"), text);
    assert.deepEqual(await redis.mget("k", "missing"), [text, null]);
    await redis.set(text, "value");
    assert.equal(await redis.get(text), "value");
    await redis.hset("h", { [text]: text });
    assert.deepEqual(await redis.hgetall("h"), { [text]: text });
  });
}

test("objects, numbers and booleans come back as themselves", async () => {
  const value = { a: [1, null, "é", { b: true }], n: 1.5 };
  await redis.set("object", value);
  assert.deepEqual(await redis.get("object"), value);
  await redis.set("number", 42);
  assert.equal(await redis.get("number"), 42);
  await redis.set("boolean", true);
  assert.equal(await redis.get("boolean"), true);
});

test("number literals are stored as they were written", async () => {
  const plain = new Redis({
    url: process.env.UPSTASH_REDIS_REST_URL,
    token: process.env.UPSTASH_REDIS_REST_TOKEN,
    automaticDeserialization: false,
  });
  for (const [number, text] of [[1.5, "1.5"], [1e21, "1e+21"], [-0.1, "-0.1"], [Number.MAX_SAFE_INTEGER, "9007199254740991"]]) {
    await plain.set("n", number);
    assert.equal(await plain.get("n"), text);
  }
  await plain.set("big", "9223372036854775806");
  await plain.incr("big");
  assert.equal(await plain.get("big"), "9223372036854775807");
});

test("bytes that are no text are shown with replacement characters, and kept as they are", async () => {
  await redis.eval("return redis.call('SET', KEYS[1], '\\255\\254')", ["bytes"], []);
  assert.equal(await redis.get("bytes"), "\ufffd\ufffd");
  assert.equal(await redis.strlen("bytes"), 2);
});

test("strings", async () => {
  assert.equal(await redis.set("k", "v", { ex: 100 }), "OK");
  assert.ok((await redis.ttl("k")) > 0);
  assert.equal(await redis.set("k", "w", { nx: true }), null);
  assert.equal(await redis.set("k", "w", { xx: true, get: true }), "v");
  assert.equal(await redis.incr("n"), 1);
  assert.equal(await redis.incrbyfloat("n", 0.5), 1.5);
  assert.equal(await redis.append("k", "orld"), 5);
  assert.equal(await redis.getrange("k", 0, 2), "wor");
  assert.equal(await redis.mset({ a: "1", b: "2" }), "OK");
  assert.equal(await redis.msetnx({ b: "3", c: "4" }), 0);
  assert.equal(await redis.getdel("k"), "world");
  assert.equal(await redis.exists("k", "a", "b"), 2);
});

test("keys", async () => {
  await redis.mset({ one: "1", two: "2" });
  assert.deepEqual((await redis.keys("*")).sort(), ["one", "two"]);
  const [cursor, found] = await redis.scan(0, { match: "o*", count: 1000 });
  assert.equal(String(cursor), "0");
  assert.deepEqual(found, ["one"]);
  assert.equal(await redis.type("one"), "string");
  assert.equal(await redis.rename("one", "uno"), "OK");
  assert.equal(await redis.copy("uno", "due"), "COPIED");
  assert.equal(await redis.unlink("uno", "due"), 2);
  assert.equal(await redis.dbsize(), 1);
});

test("hashes", async () => {
  assert.equal(await redis.hset("h", { name: "Ada", born: 1815 }), 2);
  assert.equal(await redis.hget("h", "name"), "Ada");
  assert.equal(await redis.hget("h", "missing"), null);
  assert.deepEqual(await redis.hgetall("h"), { name: "Ada", born: 1815 });
  assert.deepEqual(await redis.hmget("h", "name", "missing"), { name: "Ada", missing: null });
  assert.equal(await redis.hincrby("h", "born", 37), 1852);
  assert.deepEqual((await redis.hkeys("h")).sort(), ["born", "name"]);
  const [, pairs] = await redis.hscan("h", 0);
  assert.equal(pairs.length, 4);
  assert.equal(await redis.hdel("h", "born"), 1);
  assert.equal(await redis.hgetall("missing"), null);
});

test("lists", async () => {
  assert.equal(await redis.rpush("l", "b", "c", "OK"), 3);
  assert.equal(await redis.lpush("l", "a"), 4);
  assert.deepEqual(await redis.lrange("l", 0, -1), ["a", "b", "c", "OK"]);
  assert.equal(await redis.linsert("l", "before", "c", "b2"), 5);
  assert.equal(await redis.lpos("l", "b2"), 2);
  assert.equal(await redis.lmove("l", "m", "left", "right"), "a");
  assert.deepEqual(await redis.lpop("l", 2), ["b", "b2"]);
  assert.equal(await redis.llen("l"), 2);
});

test("sets", async () => {
  assert.equal(await redis.sadd("s", "a", "b", "c"), 3);
  await redis.sadd("t", "b", "c", "d");
  assert.deepEqual((await redis.sinter("s", "t")).sort(), ["b", "c"]);
  assert.deepEqual(await redis.smismember("s", ["a", "x"]), [1, 0]);
  assert.equal(await redis.sdiffstore("u", "s", "t"), 1);
  assert.deepEqual(await redis.smembers("u"), ["a"]);
  assert.equal(await redis.smove("s", "t", "a"), 1);
});

test("sorted sets", async () => {
  assert.equal(await redis.zadd("z", { score: 1, member: "a" }, { score: 2.5, member: "b" }, { score: 3, member: "c" }), 3);
  assert.deepEqual(await redis.zrange("z", 0, -1, { withScores: true }), ["a", 1, "b", 2.5, "c", 3]);
  assert.deepEqual(await redis.zrange("z", "+inf", 2, { byScore: true, rev: true }), ["c", "b"]);
  assert.equal(await redis.zincrby("z", 10, "a"), 11);
  assert.equal(await redis.zrank("z", "a"), 2);
  assert.equal(await redis.zscore("z", "b"), 2.5);
  assert.deepEqual(await redis.zmscore("z", ["a", "missing"]), [11, null]);
  assert.deepEqual(await redis.zpopmin("z"), ["b", 2.5]);
});

test("streams", async () => {
  assert.equal(await redis.xadd("s", "1-1", { kind: "login", who: "é" }), "1-1");
  await redis.xadd("s", "2-1", { kind: "logout" });
  assert.deepEqual(await redis.xrange("s", "-", "+"), { "1-1": { kind: "login", who: "é" }, "2-1": { kind: "logout" } });
  assert.deepEqual(await redis.xread("s", "1-1"), [["s", [["2-1", ["kind", "logout"]]]]]);
  assert.equal(await redis.xgroup("s", { type: "CREATE", group: "g", id: "0" }), "OK");
  const [[, [[id]]]] = await redis.xreadgroup("g", "me", "s", ">", { count: 1 });
  assert.equal(id, "1-1");
  assert.deepEqual(await redis.xpending("s", "g", "-", "+", 10).then((rows) => rows.map((row) => row.slice(0, 2))), [["1-1", "me"]]);
  assert.equal(await redis.xack("s", "g", "1-1"), 1);
  assert.equal(await redis.xlen("s"), 2);
  assert.equal(await redis.xdel("s", "1-1"), 1);
});

test("geo positions", async () => {
  assert.equal(
    await redis.geoadd(
      "g",
      { longitude: 13.361389, latitude: 38.115556, member: "Palermo" },
      { longitude: 15.087269, latitude: 37.502669, member: "Catania" },
    ),
    2,
  );
  assert.equal(await redis.geodist("g", "Palermo", "Catania", "KM"), 166.2742);
  assert.deepEqual(await redis.geohash("g", "Palermo"), ["sqc8b49rny0"]);
  const near = await redis.geosearch(
    "g",
    { type: "FROMLONLAT", coordinate: { lon: 15, lat: 37 } },
    { type: "BYRADIUS", radius: 200, radiusType: "KM" },
    "ASC",
    { withDist: true },
  );
  assert.deepEqual(near, [{ member: "Catania", dist: 56.4413 }, { member: "Palermo", dist: 190.4424 }]);
});

test("bits and bitfields", async () => {
  assert.equal(await redis.setbit("b", 7, 1), 0);
  assert.equal(await redis.getbit("b", 7), 1);
  assert.equal(await redis.bitcount("b", 0, -1), 1);
  // A client that pipelines by itself has no chain of bitfield operations.
  const single = Redis.fromEnv({ enableAutoPipelining: false });
  assert.deepEqual(await single.bitfield("f").set("u8", 0, 200).incrby("u8", 0, 100).get("u8", 0).exec(), [0, 44, 44]);
  assert.deepEqual(await single.bitfield("f").overflow("FAIL").incrby("u8", 0, 250).exec(), [null]);
  assert.deepEqual(await redis.pipeline().bitfield("f").get("u4", 0).get("u4", 4).exec().exec(), [[2, 12]]);
});

test("hyperloglog", async () => {
  assert.equal(await redis.pfadd("p", "a", "b", "c"), 1);
  assert.equal(await redis.pfcount("p"), 3);
  assert.equal(await redis.pfmerge("q", "p"), "OK");
});

test("the server's own commands", async () => {
  assert.equal(await redis.ping(), "PONG");
  assert.equal(await redis.echo("é"), "é");
  const [seconds] = await redis.time();
  assert.ok(seconds > 1_700_000_000);
});
