"""An API server with kmock in front of a store, and the operator at it."""

from collections.abc import AsyncIterator

import kmock
import pytest

from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.running import Operator


@pytest.fixture
def anyio_backend() -> str:
    """What the tests here run on."""
    return "asyncio"


@pytest.fixture
async def api_server(anyio_backend: str) -> AsyncIterator[ApiServer]:  # noqa: ARG001  (asked for by name)
    """An empty one."""
    async with ApiServer() as api_server, kmock.Server(api_server):
        yield api_server
        # The end of each connection would be waited for.
        api_server.cut()
        # An error that is no answer of an API server is a fault of this one.
        assert [error for error in api_server.errors if not isinstance(error, kmock.KubernetesError)] == []


@pytest.fixture
async def operator(api_server: ApiServer) -> AsyncIterator[Operator]:
    """An operator that watches everything by now."""
    async with Operator(api_server) as operator:
        yield operator
