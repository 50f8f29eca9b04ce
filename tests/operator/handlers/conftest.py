"""An API server of kmock in front of a store, and an operator that uses it."""

from collections.abc import AsyncIterator

import kmock
import pytest

from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.running import Operator


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
async def api_server(anyio_backend: str) -> AsyncIterator[ApiServer]:  # noqa: ARG001  (a fixture, used by its name)
    """An API server without objects."""
    async with ApiServer() as api_server, kmock.Server(api_server):
        yield api_server
        # Otherwise the end of each connection would be awaited.
        api_server.cut()
        # An error that is not a response of an API server is a fault of this one.
        assert [error for error in api_server.errors if not isinstance(error, kmock.KubernetesError)] == []


@pytest.fixture
async def operator(api_server: ApiServer) -> AsyncIterator[Operator]:
    """An operator that already watches everything."""
    async with Operator(api_server) as operator:
        yield operator
