"""The processes of the cluster that run on this machine: to kill a pod as a crash would, and to hold the API server up.

They are found by the cgroups that the test cluster keeps them in, so no other process is ever touched.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup/pids/testcluster")


def kill_pod(uid: str) -> None:
    """End all processes of a pod with SIGKILL, the one that holds its network together included."""
    pids = [pid for folder in _CGROUP.glob(f"kubepods/**/pod{uid}") for pid in _pids(folder)]
    assert pids, f"pod {uid} has no process on this machine"
    for pid in pids:
        # A probe that was among them may have ended by itself.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def frozen_api_server() -> Iterator[None]:
    """Stop the API server, so that it keeps its connections and answers nothing, and let it go on in the end."""
    pids = _pids(_CGROUP / "kube-apiserver")
    assert pids, "the API server does not run on this machine"
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _pids(folder: Path) -> list[int]:
    return [int(pid) for procs in folder.rglob("cgroup.procs") for pid in procs.read_text().split()]
