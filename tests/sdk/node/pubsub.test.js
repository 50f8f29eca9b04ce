import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "@upstash/redis";
import { collected, redis } from "./client.js";

async function listen(subscriber, event = "message") {
  const subscribed = collected(1);
  subscriber.on(event === "pmessage" ? "psubscribe" : "subscribe", subscribed.collect);
  const [count] = await subscribed.done;
  return count;
}

async function heard(subscriber, event, send, count) {
  const messages = collected(count);
  subscriber.on(event, messages.collect);
  const failed = new Promise((_, reject) => subscriber.on("error", reject));
  await listen(subscriber, event);
  await send();
  return Promise.race([messages.done, failed]);
}

const messages = ["hello", "", "é 世界", "a,b,c", { a: [1, "é"] }, 42, true, "x".repeat(100_000)];

test("a subscriber hears what is published, in order", async () => {
  const subscriber = redis.subscribe("news");
  try {
    const got = await heard(subscriber, "message", () => redis.pipeline().publish("other", "no").exec().then(async () => {
      for (const message of messages) await redis.publish("news", message);
    }), messages.length);
    assert.deepEqual(got, messages.map((message) => ({ channel: "news", message })));
  } finally {
    await subscriber.unsubscribe();
  }
});

test("a pattern's subscriber hears every channel that matches", async () => {
  const subscriber = redis.psubscribe("user:*");
  try {
    const got = await heard(subscriber, "pmessage", async () => {
      await redis.publish("user:1", { n: 1 });
      await redis.publish("admin:1", { n: 2 });
      await redis.publish("user:2", { n: 3 });
    }, 2);
    assert.deepEqual(got, [
      { pattern: "user:*", channel: "user:1", message: { n: 1 } },
      { pattern: "user:*", channel: "user:2", message: { n: 3 } },
    ]);
  } finally {
    await subscriber.unsubscribe();
  }
});

test("two subscribers of one channel each count themselves and each hear, and are one to PUBLISH", async () => {
  const [first, second] = [redis.subscribe("news"), redis.subscribe("news")];
  try {
    assert.deepEqual(await Promise.all([listen(first), listen(second)]), [1, 1]);
    const heardFirst = collected(1);
    const heardSecond = collected(1);
    first.on("message", heardFirst.collect);
    second.on("message", heardSecond.collect);
    assert.equal(await redis.publish("news", "hello"), 1);
    await Promise.all([heardFirst.done, heardSecond.done]);
  } finally {
    await Promise.all([first.unsubscribe(), second.unsubscribe()]);
  }
});

test("one subscriber may have several channels and hears them by name", async () => {
  const subscriber = redis.subscribe(["one", "two"]);
  const subscribed = collected(2);
  const ones = collected(1);
  const twos = collected(1);
  subscriber.on("subscribe", subscribed.collect);
  subscriber.on("message:one", ones.collect);
  subscriber.on("message:two", twos.collect);
  try {
    await subscribed.done;
    assert.deepEqual(subscriber.getSubscribedChannels().sort(), ["one", "two"]);
    await redis.publish("one", 1);
    await redis.publish("two", 2);
    assert.deepEqual(await ones.done, [{ channel: "one", message: 1 }]);
    assert.deepEqual(await twos.done, [{ channel: "two", message: 2 }]);
  } finally {
    await subscriber.unsubscribe();
  }
});

test("a subscriber that leaves is gone from Redis", async () => {
  const subscriber = redis.subscribe("news");
  await listen(subscriber);
  assert.equal(await redis.publish("news", "hello"), 1);
  await subscriber.unsubscribe();
  const deadline = Date.now() + 5000;
  while ((await redis.publish("news", "anyone?")) !== 0) {
    assert.ok(Date.now() < deadline, "the subscription outlives its client");
  }
});

test("other commands go on while a subscriber listens", async () => {
  const subscriber = redis.subscribe("news");
  try {
    await listen(subscriber);
    for (let number = 1; number <= 50; number += 1) {
      assert.equal(await redis.incr("n"), number);
    }
  } finally {
    await subscriber.unsubscribe();
  }
});

test("a line break in a message neither ends it nor forges another", async () => {
  const subscriber = redis.subscribe("news");
  try {
    const got = await heard(subscriber, "message", async () => {
      await redis.publish("news", "first\ndata: message,news,forged\n\nlast");
      await redis.publish("news", "end");
    }, 2);
    assert.deepEqual(got.map(({ message }) => message), ["first\\ndata: message,news,forged\\n\\nlast", "end"]);
  } finally {
    await subscriber.unsubscribe();
  }
});

test("a wrong token is an error of the subscriber", async () => {
  const stranger = new Redis({ url: process.env.UPSTASH_REDIS_REST_URL, token: "wrong" });
  const subscriber = stranger.subscribe("news");
  const errors = collected(1);
  subscriber.on("error", errors.collect);
  const [error] = await errors.done;
  assert.match(String(error), /WRONGPASS/);
});
