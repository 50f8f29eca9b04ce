"""Fixtures for the tests of other projects: a throw-away Redis over HTTP.

With one line in `conftest.py` every test has an empty one:

    pytest_plugins = ["kuberedis_cli.testing"]

    def test_counts_visits(http_redis):
        redis = upstash_redis.Redis(url=http_redis.url, token=http_redis.token)
        assert redis.incr("visits") == 1

A test that is about failovers asks for three members:

    @pytest.mark.http_redis(replicas=3)
    def test_counts_on(http_redis):
        http_redis.fail_over(kill=True)
        ...

One server runs for the whole session (with pytest-xdist, for each worker), and one with three members if a test asks for them. Outside of
pytest, `with local_redis() as http_redis:` does the same.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Literal

import pytest

from kuberedis_cli.testing.throwaway import HttpRedis, local_redis

__all__ = ["HttpRedis", "http_redis", "http_redis_server", "http_redis_servers", "local_redis", "pytest_configure"]

_Replicas = Literal[1, 3]


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", "http_redis(replicas): number of members, 1 or 3, of the fixture http_redis")


@pytest.fixture(scope="session")
def http_redis_servers() -> Iterator[Callable[[_Replicas], HttpRedis]]:
    """Returns the server of the session with that number of members, which is started when it is asked for first."""
    servers: dict[_Replicas, HttpRedis] = {}
    with ExitStack() as stack:

        def server(replicas: _Replicas) -> HttpRedis:
            if replicas not in servers:
                servers[replicas] = stack.enter_context(local_redis(replicas))
            return servers[replicas]

        yield server


@pytest.fixture(scope="session")
def http_redis_server(http_redis_servers: Callable[[_Replicas], HttpRedis]) -> HttpRedis:
    """A Redis over HTTP that runs for the whole session and is not emptied in between."""
    return http_redis_servers(1)


@pytest.fixture
def http_redis(request: pytest.FixtureRequest, http_redis_servers: Callable[[_Replicas], HttpRedis]) -> HttpRedis:
    """An empty Redis over HTTP: `.url`, and `.token` for `Authorization: Bearer`; with `replicas=3` also `.fail_over()`."""
    marker = request.node.get_closest_marker("http_redis")
    server = http_redis_servers(marker.kwargs.get("replicas", 1) if marker is not None else 1)
    server.clear()
    return server
