"""A memory limit as a container has one, enforced by the kernel: a process that exceeds it is killed.

It needs the memory controller of cgroup v1 (https://docs.kernel.org/admin-guide/cgroup-v1/memory.html) and root. Elsewhere nothing is
enforced, and the peak is that of the resident memory.
"""

import os
import secrets
from pathlib import Path

from tests.harness.waiting import wait_until

_CONTROLLER = Path("/sys/fs/cgroup/memory")


class MemoryLimit:
    """A control group for one process.

    Args:
        size: Limit, in bytes.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._group: Path | None = None
        if (_CONTROLLER / "memory.limit_in_bytes").exists() and os.access(_CONTROLLER, os.W_OK):
            self._group = _CONTROLLER / f"kuberedis-test-{secrets.token_hex(4)}"
            self._group.mkdir()
            (self._group / "memory.limit_in_bytes").write_text(str(size))

    @property
    def prefix(self) -> list[str]:
        """What a command begins with so that its process runs within the limit."""
        return [] if self._group is None else ["sh", "-c", 'echo $$ >"$0" && exec "$@"', str(self._group / "cgroup.procs")]

    def kills(self) -> int:
        """How many processes the kernel has killed for the limit."""
        if self._group is None:
            return 0
        return int((self._group / "memory.oom_control").read_text().split()[-1])

    def peak(self, pid: int) -> int:
        """The most memory that the process has had so far, in bytes: all that counts against the limit, or else what was resident."""
        if self._group is not None:
            return int((self._group / "memory.max_usage_in_bytes").read_text())
        status = Path(f"/proc/{pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))

    def remove(self) -> None:
        """Remove the group, once its process has ended."""
        if self._group is not None:
            procs = self._group / "cgroup.procs"
            wait_until(lambda: not procs.read_text(), what="the end of the limited process")
            self._group.rmdir()
