"""upstash-ratelimit for Python: each algorithm lets through what it should, and no more."""

from collections.abc import Callable
from typing import Any

import pytest
from upstash_ratelimit import FixedWindow, Ratelimit, SlidingWindow, TokenBucket
from upstash_ratelimit.asyncio import Ratelimit as AsyncRatelimit

from tests.sdk.conftest import Awaited

pytestmark = [pytest.mark.usefixtures("flushed"), pytest.mark.every_server]

LIMITS = {
    "fixed window": lambda: FixedWindow(max_requests=3, window=1, unit="d"),
    "sliding window": lambda: SlidingWindow(max_requests=3, window=1, unit="d"),
    "token bucket": lambda: TokenBucket(max_tokens=3, refill_rate=1, interval=1, unit="d"),
}


def ratelimit(upstash: Any, limiter: Any) -> Any:
    if isinstance(upstash, Awaited):
        return Awaited(AsyncRatelimit(redis=upstash.target, limiter=limiter), upstash.portal)
    return Ratelimit(redis=upstash, limiter=limiter)


@pytest.mark.parametrize("make", LIMITS.values(), ids=LIMITS.keys())
def test_three_of_five_requests_pass(upstash: Any, make: Callable[[], Any]) -> None:
    limit = ratelimit(upstash, make())
    answers = [limit.limit("me") for _ in range(5)]
    assert [answer.allowed for answer in answers] == [True, True, True, False, False]
    assert [answer.remaining for answer in answers] == [2, 1, 0, 0, 0]
    assert limit.get_remaining("me") == 0


@pytest.mark.parametrize("make", LIMITS.values(), ids=LIMITS.keys())
def test_identifiers_do_not_share_a_limit(upstash: Any, make: Callable[[], Any]) -> None:
    limit = ratelimit(upstash, make())
    assert [limit.limit("me").allowed for _ in range(4)] == [True, True, True, False]
    assert limit.limit("you").allowed


def test_a_window_that_has_passed_lets_requests_through_again(upstash: Any) -> None:
    limit = ratelimit(upstash, FixedWindow(max_requests=1, window=200, unit="ms"))
    limit.block_until_ready("me", timeout=5)
    assert limit.block_until_ready("me", timeout=5).allowed
