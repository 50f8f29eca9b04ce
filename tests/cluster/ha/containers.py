"""The processes of an instance's containers. All nodes of the test cluster run on this machine, so they can be killed and stopped here,
and the Unix sockets in their volumes lead to Redis and Sentinel, whatever becomes of the network.

They are found by the cgroups that the test cluster keeps them in, so no other process is ever touched.
"""

import os
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import redis

from tests.harness.objects import Body

Container = Literal["redis", "sentinel", "sidecar"]

_CGROUP = Path("/sys/fs/cgroup/pids/testcluster")
_RUN_DIR = "run/kuberedis"
_REPLY_SECONDS = 0.5
_SERVERS = frozenset({"redis-server", "valkey-server"})


@dataclass(frozen=True)
class ContainerProcesses:
    """The processes of one container at the moment that it was looked at.

    Raises:
        LookupError: The container does not run on this machine.
    """

    pids: tuple[int, ...]

    @classmethod
    def of(cls, pod: Body, container: str) -> "ContainerProcesses":
        """Those of a container of a pod."""
        statuses = pod.get("status", {}).get("containerStatuses") or ()
        ids = (status.get("containerID", "") for status in statuses if status["name"] == container)
        container_id = next(ids, "").rpartition("/")[2]
        folders = _CGROUP.glob(f"**/kubepods/**/pod{pod['metadata']['uid']}/{container_id}") if container_id else ()
        pids = tuple(pid for folder in folders for pid in _pids(folder))
        if not pids:
            raise LookupError(f"container {container} of pod {pod['metadata']['name']} has no process on this machine")
        return cls(pids)

    def send(self, number: signal.Signals) -> None:
        """Send them all a signal."""
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def file(self, path: str) -> Path:
        """A file of the container, as it sees its file system."""
        return Path("/proc", str(self._server()), "root", path)

    def empty(self, folder: str) -> None:
        """Remove all that is in a folder of the container."""
        for entry in self.file(folder).iterdir():
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)

    def _server(self) -> int:
        named = (pid for pid in self.pids if _name(pid) in _SERVERS)
        return next(named, self.pids[0])


def kill(pod: Body, *containers: str) -> None:
    """End all processes of containers with SIGKILL."""
    found = [ContainerProcesses.of(pod, container) for container in containers]
    for processes in found:
        processes.send(signal.SIGKILL)


def ask_redis(pod: Body, password: str, *command: str) -> Any:
    """Redis' reply to a command of the administrator, past TLS and network policies.

    Raises:
        LookupError: Its container does not run.
        redis.RedisError: It does not answer within half a second.
    """
    return _ask(ContainerProcesses.of(pod, "redis").file(f"{_RUN_DIR}/redis.sock"), password, command)


def replication_info(pod: Body, password: str) -> Mapping[str, Any]:
    """The section `replication` of Redis' INFO; see `ask_redis` for what it raises."""
    info: Mapping[str, Any] = ask_redis(pod, password, "INFO", "replication")
    return info


def _ask(socket: Path, password: str, command: tuple[str, ...]) -> Any:
    client = redis.Redis(
        unix_socket_path=str(socket),
        password=password,
        socket_timeout=_REPLY_SECONDS,
        socket_connect_timeout=_REPLY_SECONDS,
        decode_responses=True,
    )
    with client:
        return client.execute_command(*command)  # type: ignore[no-untyped-call]


def _name(pid: int) -> str:
    try:
        return Path("/proc", str(pid), "comm").read_text().strip()
    except OSError:
        return ""


def _pids(folder: Path) -> list[int]:
    return [int(pid) for procs in folder.rglob("cgroup.procs") for pid in procs.read_text().split()]
