"""Each module here has a server of its own, to freeze and to kill."""

import pytest

from tests.harness.redis_server import RedisServer


@pytest.fixture(scope="module")
def redis_server(own_redis_server: RedisServer) -> RedisServer:
    """The server of this module."""
    return own_redis_server
