"""The Python SDK's two clients, unmodified, as one fixture: every test runs with the sync and with the async one.

The JavaScript SDKs are tested where Node is installed, and always in CI.
"""

import os
import shutil
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from upstash_redis import Redis
from upstash_redis.asyncio import Redis as AsyncRedis

from tests.harness.sidecar import Sidecar

collect_ignore = [] if shutil.which("npm") or os.environ.get("CI") else ["test_node.py"]


class Awaited:
    """An object of the async SDK, used like its sync twin: what is awaitable is awaited in the portal's event loop."""

    def __init__(self, target: Any, portal: BlockingPortal) -> None:
        self.target = target
        self.portal = portal

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self.target, name)
        return self._called(attribute) if callable(attribute) else attribute

    def _called(self, method: Any) -> Any:
        def call(*arguments: Any, **keywords: Any) -> Any:
            result = self.portal.call(partial(method, *arguments, **keywords))
            of_sdk = type(result).__module__.startswith("upstash_redis")
            return Awaited(result, self.portal) if of_sdk else result

        return call


@pytest.fixture(scope="module", params=["sync", "async"])
def upstash(request: pytest.FixtureRequest, sidecar: Sidecar) -> Iterator[Any]:
    """A client of the Python SDK.

    It does not retry: an answer that it cannot read is a failure at once.
    """
    if request.param == "sync":
        with Redis(sidecar.url, sidecar.api_key, rest_retries=0) as redis:
            yield redis
        return
    with start_blocking_portal() as portal:
        client = AsyncRedis(sidecar.url, sidecar.api_key, rest_retries=0)
        yield Awaited(client, portal)
        portal.call(client.close)
