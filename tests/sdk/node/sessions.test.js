import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "@upstash/redis";
import { redis } from "./client.js";

const url = process.env.UPSTASH_REDIS_REST_URL;
const token = process.env.UPSTASH_REDIS_REST_TOKEN;

test("the sync token changes with every write", async () => {
  const client = Redis.fromEnv();
  const tokens = new Set();
  for (let number = 0; number < 10; number += 1) {
    await client.set("k", number);
    tokens.add(client.client.upstashSyncToken);
  }
  assert.equal(tokens.size, 10);
  assert.ok(!tokens.has("") && !tokens.has(undefined));
});

test("concurrent writes get tokens of their own", async () => {
  const client = Redis.fromEnv({ enableAutoPipelining: false });
  await client.set("k", 0);
  const before = client.client.upstashSyncToken;
  await Promise.all([client.set("a", 1), client.set("b", 2)]);
  assert.notEqual(client.client.upstashSyncToken, before);
});

test("a write is read back by a client that was given the token", async () => {
  const writer = Redis.fromEnv();
  for (let number = 0; number < 20; number += 1) {
    await writer.set("k", number);
    const reader = Redis.fromEnv();
    reader.client.upstashSyncToken = writer.client.upstashSyncToken;
    assert.equal(await reader.get("k"), number);
  }
});

test("a foreign sync token is no obstacle", async () => {
  const client = Redis.fromEnv();
  client.client.upstashSyncToken = "my-new-sync-token";
  assert.equal(await client.set("k", "v"), "OK");
});

test("a client that wants text gets text", async () => {
  const client = new Redis({ url, token, responseEncoding: false });
  await client.set("k", "é");
  assert.equal(await client.get("k"), "é");
  assert.deepEqual(await client.pipeline().get("k").mget("k", "none").exec(), ["é", ["é", null]]);
});

test("a wrong token is an error that says so", async () => {
  const client = new Redis({ url, token: "wrong" });
  await assert.rejects(client.get("k"), /WRONGPASS/);
  await assert.rejects(client.pipeline().get("k").exec(), /WRONGPASS/);
});

test("a blocking command that its client aborted takes nothing afterwards", async () => {
  const controller = new AbortController();
  const waiting = new Redis({ url, token, signal: controller.signal }).exec(["BLPOP", "queue", "60"]);
  await blockedClients(1);
  controller.abort("enough");
  // The SDK takes the reason of an abort for the result, so there is nothing to say of what it answers.
  await waiting;
  await blockedClients(0);
  await redis.rpush("queue", "job");
  assert.equal(await redis.llen("queue"), 1);
});

async function blockedClients(count) {
  const deadline = Date.now() + 5000;
  while (!(await redis.exec(["INFO", "clients"])).includes(`blocked_clients:${count}\r`)) {
    assert.ok(Date.now() < deadline, `never ${count} blocked clients`);
  }
}

test("a base URL with a slash at its end works", async () => {
  const client = new Redis({ url: `${url}/`, token });
  assert.equal(await client.set("k", "v"), "OK");
  assert.equal(await client.get("k"), "v");
});
