// What every test file starts from: the SDK as an application makes it, and a database that is empty before each test.
import { beforeEach } from "node:test";
import { Redis } from "@upstash/redis";

export const redis = Redis.fromEnv();

beforeEach(() => redis.flushdb());

// Resolves with the first `count` values that `collect` is called with; rejects after `limit` milliseconds.
export function collected(count, limit = 5000) {
  const values = [];
  let collect;
  const done = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`only ${JSON.stringify(values)} within ${limit} ms`)), limit);
    collect = (value) => {
      values.push(value);
      if (values.length === count) {
        clearTimeout(timer);
        resolve(values);
      }
    };
  });
  return { collect, done };
}
