"""Redis with a secret and a canary in it, before each test of this folder."""

import pytest
import redis

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar

SECRET = "the-treasure"  # noqa: S105 a value to search for, not a credential


@pytest.fixture
def database(redis_server: RedisServer, sidecar: Sidecar) -> redis.Redis:  # noqa: ARG001 it must be up
    """Redis with `user:1`, and under `secret:` what no narrowed token may reach; the sidecar is up."""
    client = redis_server.client()
    client.flushall()
    client.set("user:1", "mine")
    client.rpush("user:list", "1", "2")
    client.set("secret:1", SECRET)
    client.hset("secret:h", "f", SECRET)
    client.rpush("secret:list", SECRET)
    client.zadd("secret:z", {SECRET: 1})
    client.sadd("secret:set", SECRET)
    client.xadd("secret:stream", {"f": SECRET})
    return client


def rules_of_grants(database: redis.Redis) -> list[str]:
    """The lines of ACL LIST that are not Redis' own user."""
    rules = (rule if isinstance(rule, str) else rule.decode() for rule in database.acl_list())
    return [rule for rule in rules if not rule.startswith("user default ")]
