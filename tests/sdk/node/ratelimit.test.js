import assert from "node:assert/strict";
import { test } from "node:test";
import { IpDenyList, MultiRegionRatelimit, Ratelimit } from "@upstash/ratelimit";
import { Redis } from "@upstash/redis";
import { redis } from "./client.js";

const limiters = {
  "fixed window": Ratelimit.fixedWindow(3, "1 d"),
  "sliding window": Ratelimit.slidingWindow(3, "1 d"),
  "token bucket": Ratelimit.tokenBucket(1, "1 d", 3),
};

for (const [name, limiter] of Object.entries(limiters)) {
  test(`${name}: three of five requests pass`, async () => {
    const limit = new Ratelimit({ redis, limiter, ephemeralCache: false });
    const answers = [];
    for (let number = 0; number < 5; number += 1) answers.push(await limit.limit("me"));
    assert.deepEqual(answers.map(({ success }) => success), [true, true, true, false, false]);
    assert.deepEqual(answers.map(({ remaining }) => Math.max(remaining, 0)), [2, 1, 0, 0, 0]);
    assert.equal((await limit.getRemaining("me")).remaining, 0);
    assert.equal((await limit.limit("you")).success, true);
    await limit.resetUsedTokens("me");
    assert.equal((await limit.limit("me")).success, true);
  });

  test(`${name}: the limit can be changed while it runs`, async () => {
    const limit = new Ratelimit({ redis, limiter, ephemeralCache: false, dynamicLimits: true });
    await limit.setDynamicLimit({ limit: 1 });
    assert.deepEqual([(await limit.limit("me")).success, (await limit.limit("me")).success], [true, false]);
    assert.equal((await limit.getDynamicLimit()).dynamicLimit, 1);
  });
}

test("a script that Redis forgot is sent again", async () => {
  const limit = new Ratelimit({ redis, limiter: limiters["fixed window"], ephemeralCache: false });
  await limit.limit("me");
  await redis.scriptFlush();
  assert.equal((await limit.limit("me")).remaining, 1);
});

test("a limited request is told apart by the cache without another question", async () => {
  const limit = new Ratelimit({ redis, limiter: Ratelimit.cachedFixedWindow(2, "1 d"), ephemeralCache: new Map() });
  const answers = [];
  for (let number = 0; number < 3; number += 1) {
    const answer = await limit.limit("me");
    await answer.pending;
    answers.push(answer.success);
  }
  assert.deepEqual(answers, [true, true, false]);
});

test("analytics are written", async () => {
  const limit = new Ratelimit({ redis, limiter: limiters["fixed window"], analytics: true, prefix: "app" });
  const { pending } = await limit.limit("me");
  await pending;
  const [key] = await redis.keys("app:events:*");
  assert.deepEqual((await redis.zrange(key, 0, -1, { withScores: true })).at(-1), 1);
});

test("who is on the deny list is refused", async () => {
  // Without it the first request fetches a list of addresses from the Internet.
  await IpDenyList.disableIpDenyList(redis, "app");
  await redis.sadd("app:denyList:all", "mallory");
  const limit = new Ratelimit({ redis, limiter: limiters["fixed window"], enableProtection: true, prefix: "app" });
  assert.equal((await limit.limit("me")).success, true);
  const { success, reason, deniedValue } = await limit.limit("mallory");
  assert.deepEqual({ success, reason, deniedValue }, { success: false, reason: "denyList", deniedValue: "mallory" });
});

// Of the regions' answers the first counts. Here they are one database: a sliding window, which is looked at before it is written, would be
// asked of by the second region when the first had used its last token.
const regions = {
  "fixed window in two regions": [MultiRegionRatelimit.fixedWindow(3, "1 d"), [Redis.fromEnv(), Redis.fromEnv()]],
  "sliding window in one region": [MultiRegionRatelimit.slidingWindow(3, "1 d"), [Redis.fromEnv()]],
};

for (const [name, [limiter, databases]] of Object.entries(regions)) {
  test(`${name}: three of five requests pass`, async () => {
    const limit = new MultiRegionRatelimit({ redis: databases, limiter, ephemeralCache: false });
    const answers = [];
    for (let number = 0; number < 5; number += 1) {
      const answer = await limit.limit("me");
      await answer.pending;
      answers.push(answer.success);
    }
    assert.deepEqual(answers, [true, true, true, false, false]);
  });
}
