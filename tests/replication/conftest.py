"""Three members on loopback, and their agents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import server_binary
from tests.harness.agents import Agents
from tests.harness.certificates import MountedSecret, make_authority, make_leaf
from tests.harness.replicated import ReplicatedRedis


@pytest.fixture(scope="module")
def replicated(server_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicatedRedis]:
    """An instance of this module's own; a test leaves it with all of its servers running.

    Redis has mutual TLS between members; the Valkey of the wheel knows no TLS.
    """
    folder = tmp_path_factory.mktemp("replicated")
    tls_dir = None
    if server_kind == "redis":
        secret, authority = MountedSecret(folder / "tls"), make_authority()
        secret.write(make_leaf(authority), authority)
        tls_dir = secret.folder
    instance = ReplicatedRedis(server_binary(server_kind), folder, tls_dir=tls_dir)
    instance.start()
    yield instance
    instance.stop()


@pytest.fixture(scope="module")
def agents(replicated: ReplicatedRedis) -> Iterator[Agents]:
    """The agents of its members."""
    agents = Agents(replicated)
    yield agents
    agents.end()
