import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "@upstash/redis";
import { redis } from "./client.js";

for (const kind of ["pipeline", "multi"]) {
  test(`a ${kind} answers in order with each type`, async () => {
    const batch = redis[kind]();
    batch.set("k", "é").get("k").get("missing").incr("n").hset("h", { a: 1 }).hgetall("h").lpush("l", "OK").lrange("l", 0, -1);
    assert.deepEqual(await batch.exec(), ["OK", "é", null, 1, 1, { a: 1 }, 1, ["OK"]]);
  });

  test(`a failed command in a ${kind} does not undo its neighbours`, async () => {
    const batch = redis[kind]().set("a", "one").lpush("a", "x").set("b", "two");
    await assert.rejects(batch.exec(), /Command 2 \[ lpush \] failed: WRONGTYPE/);
    assert.deepEqual(await redis.mget("a", "b"), ["one", "two"]);
  });

  test(`a ${kind} can keep its errors`, async () => {
    const results = await redis[kind]().set("a", "one").incr("a").exec({ keepErrors: true });
    assert.equal(results[0].result, "OK");
    assert.match(results[1].error, /^ERR value is not an integer/);
  });
}

test("a transaction with a command that cannot be queued changes nothing", async () => {
  await assert.rejects(redis.multi().set("a", "1").setex("a", undefined, "v").exec(), /ERR null args are not supported/);
  assert.equal(await redis.exists("a"), 0);
});

test("a bad argument spoils only its own command of a pipeline", async () => {
  const results = await redis.pipeline().set("a", "1").setex("a", undefined, "v").get("a").exec({ keepErrors: true });
  assert.deepEqual(results.map(({ error }) => error), [undefined, "ERR null args are not supported", undefined]);
  assert.equal(results[2].result, 1);
});

test("commands that are issued together travel in one request", async () => {
  const auto = Redis.fromEnv({ enableAutoPipelining: true });
  const [, , value, number] = await Promise.all([auto.set("k", "v"), auto.incr("n"), auto.get("other"), auto.incr("n")]);
  assert.deepEqual([value, number], [null, 2]);
  assert.equal(auto.pipelineCounter, 2, "one for the reads, one for the writes");
});

test("a thousand commands issued together all arrive", async () => {
  const numbers = await Promise.all(Array.from({ length: 1000 }, () => redis.incr("n")));
  assert.deepEqual(numbers, Array.from({ length: 1000 }, (_, index) => index + 1));
});

test("one of several commands that are issued together may fail", async () => {
  await redis.set("text", "hello");
  const [good, bad] = await Promise.allSettled([redis.append("text", "!"), redis.incr("text")]);
  assert.equal(good.value, 6);
  assert.match(bad.reason.message, /Command failed: ERR value is not an integer/);
});

test("without auto-pipelining each command is a request of its own", async () => {
  const single = Redis.fromEnv({ enableAutoPipelining: false });
  assert.equal(await single.set("k", "é"), "OK");
  assert.equal(await single.get("k"), "é");
  await assert.rejects(single.incr("k"), /ERR value is not an integer or out of range, command was: \["incr","k"\]/);
});
