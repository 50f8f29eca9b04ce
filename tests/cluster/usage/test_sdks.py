"""The official SDKs, unmodified, through the ingress controller: they are given the URL of the status and the key of the Secret."""

from pathlib import Path

import pytest
from upstash_redis import Redis
from upstash_redis.errors import UpstashError

from tests.cluster.usage.instances import Tenant
from tests.harness import node


def test_python_sdk(blue: Tenant) -> None:
    instance = blue.instance("valkey").wait_until_serving()
    with Redis(instance.url, instance.api_key, rest_retries=0) as redis:
        redis.flushdb()
        assert redis.set("user:123", "Ada", ex=60)
        assert redis.get("user:123") == "Ada"
        batch = redis.pipeline()
        batch.incr("visits")
        batch.hset("h", values={"a": "1"})
        batch.hgetall("h")
        assert batch.exec() == [1, 1, {"a": "1"}]
        transaction = redis.multi()
        transaction.incr("visits")
        transaction.expire("visits", 60)
        assert transaction.exec() == [2, True]
        assert redis.eval("return redis.call('GET', KEYS[1])", keys=["user:123"]) == "Ada"
        assert redis.publish("news", "hello") == 0


def test_python_sdk_with_a_wrong_token(blue: Tenant) -> None:
    instance = blue.instance("valkey").wait_until_serving()
    with Redis(instance.url, "wrong", rest_retries=0) as redis, pytest.raises(UpstashError, match="WRONGPASS"):
        redis.get("user:123")


def test_javascript_sdk_with_its_subscriptions(blue: Tenant, tmp_path: Path) -> None:
    instance = blue.instance("valkey").wait_until_serving()
    node.install(tmp_path / "node").run(*node.FILES, url=instance.url, token=instance.api_key)
