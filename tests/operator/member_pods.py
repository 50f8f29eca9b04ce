"""The containers of three members without the containers: their commands, in the folders that they would mount, with a real server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from redis import Redis, RedisError

from kuberedis_core.body import Body
from kuberedis_core.members import MemberAddress
from kuberedis_operator.resources import config_map, password_secret, replication_secret, secret_data
from kuberedis_operator.resources.password_secret import RedisPassword
from kuberedis_operator.resources.pod import pod_spec
from kuberedis_operator.topology.topology import Topology
from tests.harness.certificates import make_authority, make_leaf
from tests.harness.ports import free_port
from tests.harness.waiting import wait_until
from tests.operator.rendering import instance, topology

PASSWORD = RedisPassword("administrator")
REPLICATION = RedisPassword("replication")


def three_members(**spec: Any) -> Topology:
    """The topology of three members on loopback, each with ports of its own."""
    found = topology(instance(replicas=3, **spec))
    members = [
        replace(member, address=MemberAddress(name=member.pod_name, host="127.0.0.1", redis_port=free_port(), sentinel_port=free_port()))
        for member in found.members
    ]
    return replace(found, members=tuple(members))


@dataclass
class MemberPod:
    """The pod of one member; a server without TLS listens in plain text."""

    topology: Topology
    ordinal: int
    folder: Path
    server: Path
    has_tls: bool
    files: dict[str, Body]
    """What it mounts: objects by the name of the volume's source."""
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("data", "run", "config", "bin"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "bin" / self.server.name).symlink_to(self.server)
        self.mount()

    @property
    def address(self) -> MemberAddress:
        """Where the others reach it."""
        return self.topology.addresses[self.ordinal]

    def mount(self) -> None:
        """Write the files that the containers mount, as the objects have them now."""
        config = self.folder / "config"
        _write(config, self.files[self.topology.config_map]["data"], self._placed)
        for folder, name in (("redis", self.topology.password_secret), ("replication", self.topology.replication_secret)):
            data = self.files[name]["data"]
            _write(config / folder, {key: secret_data.decode(value) for key, value in data.items()}, str)
        _write(config / "tls", self.files[self.topology.tls_secret], str)

    def start(self, container: str) -> None:
        """Run the command of a container, and wait until its server answers."""
        self._processes[container] = self.run(container)
        wait_until(lambda: self._answers(container), what=f"{container} of {self.address.name}")

    def run(self, container: str) -> subprocess.Popen[bytes]:
        """Run the command of a container."""
        [command] = [each["command"] for each in pod_spec(self.topology)["containers"] if each["name"] == container]
        shell = Path(shutil.which("sh") or "sh")
        environ = {
            "PATH": f"{self.folder}/bin:{shell.parent}",
            "HOSTNAME": self.address.name,
            "KUBEREDIS_REDIS_GUARD": f"{self.folder}/run/guard",
        }
        with (self.folder / f"{container}.log").open("ab") as log:
            return subprocess.Popen(
                [str(shell), *map(self._placed, command[1:])],
                cwd=self.folder / "data",
                env=environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self, container: str) -> None:
        """Kill what runs in a container."""
        process = self._processes.pop(container)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self, container: str) -> int:
        """End a container as a kubelet does, and return its exit code; it must leave no process."""
        process = self._processes.pop(container)
        process.terminate()
        code = process.wait(10)
        wait_until(lambda: not _has_processes(process.pid), what=f"the end of {container}")
        return code

    def stop_all(self) -> None:
        """Kill everything."""
        for container in list(self._processes):
            self.stop(container)

    def client(self, container: str) -> Redis:
        """A client as the sidecar beside it."""
        socket = f"{self.folder}/run/{container}.sock"
        password = (PASSWORD if container == "redis" else REPLICATION).password
        return Redis(unix_socket_path=socket, password=password, decode_responses=True)

    def call(self, container: str, *command: str) -> Any:
        """The reply to one command."""
        with self.client(container) as client:
            return client.execute_command(*command)

    def sentinel_file(self) -> list[str]:
        """The lines of the file that its Sentinel writes into."""
        return (self.folder / "data/sentinel/sentinel.conf").read_text().splitlines()

    def _answers(self, container: str) -> bool:
        process = self._processes[container]
        assert process.poll() is None, (self.folder / f"{container}.log").read_text()
        try:
            return bool(self.call(container, "PING"))
        except RedisError:
            return False

    def _placed(self, text: str) -> str:
        """A text of the pod with the folders and ports of this machine, and without TLS if the server has none."""
        moved = text.replace("/etc/kuberedis", f"{self.folder}/config").replace("/run/kuberedis", f"{self.folder}/run")
        moved = moved.replace("/data", f"{self.folder}/data").replace('tls-port "6379"', f'tls-port "{self.address.redis_port}"')
        return moved if self.has_tls else "\n".join(_plain_lines(moved.split("\n")))


def _has_processes(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _plain_lines(lines: list[str]) -> Iterator[str]:
    [port] = [line.split('"')[1] for line in lines if line.startswith("tls-port ")] or [""]
    for line in lines:
        if not line.startswith("tls-"):
            yield f"port {port}" if line == 'port "0"' else line


def _write(folder: Path, texts: dict[str, str], placed: Any) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(placed(text))


def objects_of(found: Topology) -> dict[str, Body]:
    """What the members mount, by name of the object."""
    authority = make_authority(found.name)
    leaf = make_leaf(authority)
    return {
        found.config_map: config_map.build(found),
        found.password_secret: password_secret.build(found, PASSWORD),
        found.replication_secret: replication_secret.build(found, REPLICATION),
        found.tls_secret: {"tls.crt": leaf.certificate, "tls.key": leaf.key, "ca.crt": authority.certificate},
    }
