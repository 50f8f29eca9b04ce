"""Three members on loopback, and their agents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import server_binary
from tests.harness.agents import Agents
from tests.harness.replicated import ReplicatedRedis


@pytest.fixture(scope="module")
def replicated(server_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicatedRedis]:
    """An instance of this module's own; a test leaves it with all of its servers running."""
    instance = ReplicatedRedis(server_binary(server_kind), tmp_path_factory.mktemp("replicated"))
    instance.start()
    yield instance
    instance.stop()


@pytest.fixture(scope="module")
def agents(replicated: ReplicatedRedis) -> Iterator[Agents]:
    """The agents of its members."""
    agents = Agents(replicated)
    yield agents
    agents.end()
