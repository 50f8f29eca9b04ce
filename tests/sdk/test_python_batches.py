"""Pipelines and transactions of the Python SDK."""

from typing import Any

import pytest
from upstash_redis import Redis
from upstash_redis.errors import UpstashError

from tests.harness.sidecar import Sidecar

pytestmark = [pytest.mark.usefixtures("flushed"), pytest.mark.every_server]


@pytest.mark.parametrize("kind", ["pipeline", "multi"])
def test_a_batch_answers_in_order_with_each_type(upstash: Any, kind: str) -> None:
    batch = getattr(upstash, kind)()
    batch.set("k", "é")
    batch.get("k")
    batch.get("missing")
    batch.incr("n")
    batch.hset("h", values={"a": "1", "b": "2"})
    batch.hgetall("h")
    batch.zadd("z", {"m": 1.5})
    batch.zrange("z", 0, -1, withscores=True)
    batch.lpush("l", "OK")
    batch.lrange("l", 0, -1)
    assert batch.exec() == [True, "é", None, 1, 2, {"a": "1", "b": "2"}, 1, [("m", 1.5)], 1, ["OK"]]


def test_a_thousand_commands_in_one_pipeline(upstash: Any) -> None:
    batch = upstash.pipeline()
    for number in range(1000):
        batch.set(f"k:{number}", number)
    assert batch.exec() == [True] * 1000
    assert upstash.dbsize() == 1000


@pytest.mark.parametrize("kind", ["pipeline", "multi"])
def test_a_failed_command_does_not_undo_its_neighbours(upstash: Any, kind: str) -> None:
    batch = getattr(upstash, kind)()
    batch.set("a", "1")
    batch.lpush("a", "x")
    batch.set("b", "2")
    with pytest.raises(UpstashError, match=r"^WRONGTYPE"):
        batch.exec()
    assert upstash.mget("a", "b") == ["1", "2"]


def test_a_transaction_with_a_command_that_cannot_be_queued_changes_nothing(upstash: Any) -> None:
    batch = upstash.multi()
    batch.set("a", "1")
    batch.execute(["NOSUCH"])
    # The SDK takes the answer for a list; with the real service it fails in the same way.
    with pytest.raises(AttributeError, match="'str' object has no attribute 'get'"):
        batch.exec()
    assert upstash.exists("a") == 0


def test_writes_are_read_back_by_another_client_that_holds_the_token(sidecar: Sidecar) -> None:
    tokens = set()
    with Redis(sidecar.url, sidecar.api_key, rest_retries=0) as writer:
        for number in range(10):
            writer.set("k", number)
            tokens.add(writer._sync_token)  # noqa: SLF001 the SDK shows it nowhere else
            with Redis(sidecar.url, sidecar.api_key, rest_retries=0) as reader:
                reader._sync_token = writer._sync_token  # noqa: SLF001
                assert reader.get("k") == str(number)
    assert "" not in tokens
    assert len(tokens) == 10, "the token changes with every write"


def test_batches_carry_the_sync_token_too(sidecar: Sidecar) -> None:
    with Redis(sidecar.url, sidecar.api_key, rest_retries=0) as redis:
        seen = []
        for batch in (redis.pipeline(), redis.multi(), redis.pipeline()):
            batch.incr("n")
            batch.exec()
            seen.append(redis._sync_token)  # noqa: SLF001
    assert len(set(seen)) == 3


def test_a_foreign_sync_token_is_no_obstacle(sidecar: Sidecar) -> None:
    with Redis(sidecar.url, sidecar.api_key, rest_retries=0) as redis:
        redis._sync_token = "my-new-sync-token"  # noqa: S105, SLF001 not a secret
        assert redis.set("k", "v")


def test_text_answers_without_base64(sidecar: Sidecar) -> None:
    with Redis(sidecar.url, sidecar.api_key, rest_encoding=None, rest_retries=0) as redis:
        redis.set("k", "é")
        assert redis.get("k") == "é"
        assert redis.mget("k", "none") == ["é", None]


def test_an_url_with_a_slash_at_its_end_works(sidecar: Sidecar) -> None:
    with Redis(sidecar.url + "/", sidecar.api_key, rest_retries=0) as redis:
        assert redis.set("k", "v")
        batch = redis.pipeline()
        batch.get("k")
        assert batch.exec() == ["v"]


def test_a_wrong_token_is_said_in_an_error(sidecar: Sidecar) -> None:
    with Redis(sidecar.url, "wrong", rest_retries=0) as redis, pytest.raises(UpstashError, match=r"^WRONGPASS"):
        redis.get("k")
