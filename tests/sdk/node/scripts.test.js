import assert from "node:assert/strict";
import { test } from "node:test";
import { redis } from "./client.js";

const script = "return {KEYS[1], ARGV[1], redis.call('INCR', 'n'), false}";

test("scripts run by text and by digest", async () => {
  assert.deepEqual(await redis.eval(script, ["k"], ["é"]), ["k", "é", 1, null]);
  const digest = await redis.scriptLoad(script);
  assert.deepEqual(await redis.scriptExists(digest, "0".repeat(40)), [1, 0]);
  assert.deepEqual(await redis.evalsha(digest, ["k"], ["a"]), ["k", "a", 2, null]);
});

test("a read-only script may not write", async () => {
  assert.equal(await redis.evalRo("return ARGV[1]", [], ["a"]), "a");
  await assert.rejects(redis.evalRo("return redis.call('SET', 'k', 'v')", [], []), /Write commands are not allowed from read-only scripts/);
});

test("a script that is not loaded says NOSCRIPT", async () => {
  await assert.rejects(redis.evalsha("f".repeat(40), [], []), /NOSCRIPT No matching script/);
});

test("createScript loads a script that Redis does not know yet, then runs it by digest", async () => {
  const greet = redis.createScript(`return 'hello ' .. ARGV[1] -- ${Date.now()}`);
  assert.equal(await greet.exec([], ["Ada"]), "hello Ada");
  const digest = await redis.scriptLoad(greet.script);
  assert.equal(digest, greet.sha1);
  assert.equal(await greet.evalsha([], ["Bob"]), "hello Bob");
});

test("an error inside a script is the caller's error", async () => {
  await assert.rejects(redis.eval("return redis.error_reply('MINE own words')", [], []), /MINE own words/);
});
