"""Memory and processor time of a process, from the kernel (proc(5))."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_RESET_PEAK = "5"


def resident_mib(pid: int) -> float:
    """Current resident memory."""
    return _status_mib(pid, "VmRSS")


def peak_resident_mib(pid: int) -> float:
    """Peak resident memory since the start, or since `reset_peak`."""
    return _status_mib(pid, "VmHWM")


def reset_peak(pid: int) -> None:
    """Reset the peak to the current resident memory."""
    Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK)


def cpu_seconds(pid: int) -> float:
    """User and system time so far, with a resolution of 10 ms."""
    # The second field, the name in parentheses, may contain spaces.
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = after_name[11:13]
    return (int(user) + int(system)) / _TICKS


def _status_mib(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} has no {name}; it has ended")
