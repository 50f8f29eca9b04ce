"""Fixtures for the tests of other projects: a throw-away Redis over HTTP.

With one line in `conftest.py` every test has an empty one:

    pytest_plugins = ["kuberedis_cli.testing"]

    def test_counts_visits(http_redis):
        redis = upstash_redis.Redis(url=http_redis.url, token=http_redis.token)
        assert redis.incr("visits") == 1

One server runs for the whole session (with pytest-xdist, for each worker). Outside of pytest,
`with local_redis() as http_redis:` does the same.
"""

from collections.abc import Iterator

import pytest

from kuberedis_cli.testing.throwaway import HttpRedis, local_redis

__all__ = ["HttpRedis", "http_redis", "http_redis_server", "local_redis"]


@pytest.fixture(scope="session")
def http_redis_server() -> Iterator[HttpRedis]:
    """A Redis over HTTP that runs for the whole session and is not emptied in between."""
    with local_redis() as server:
        yield server


@pytest.fixture
def http_redis(http_redis_server: HttpRedis) -> HttpRedis:
    """An empty Redis over HTTP: `.url`, and `.token` for `Authorization: Bearer`."""
    http_redis_server.clear()
    return http_redis_server
