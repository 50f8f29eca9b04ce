"""What the kernel knows of a process: its memory and its processor time (proc(5))."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_RESET_PEAK = "5"


def resident_mib(pid: int) -> float:
    """Resident memory now."""
    return _status_mib(pid, "VmRSS")


def peak_resident_mib(pid: int) -> float:
    """The most resident memory since the start, or since `reset_peak`."""
    return _status_mib(pid, "VmHWM")


def reset_peak(pid: int) -> None:
    """Lets the peak begin anew from what is resident now."""
    Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK)


def cpu_seconds(pid: int) -> float:
    """Processor time spent so far, the kernel's on its behalf included, in steps of 10 ms."""
    # The name, second and in parentheses, may hold spaces.
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = after_name[11:13]
    return (int(user) + int(system)) / _TICKS


def _status_mib(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} has no {name}; it has ended")
