"""Memory, processor time and threads of a process, from the kernel (proc(5))."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_RESET_PEAK = "5"


def resident_mib(pid: int) -> float:
    """Current resident memory."""
    return _status_mib(pid, "VmRSS")


def peak_resident_mib(pid: int) -> float:
    """Peak resident memory since the start, or since `reset_peak`."""
    return _status_mib(pid, "VmHWM")


def own_mib(pid: int) -> float:
    """Resident memory of a process and its children without that of files; what they share counts once.

    Pages of files are shared with whatever else runs the same interpreter, so that a part of them depends on that.
    """
    return sum(_kib(f"/proc/{each}/smaps_rollup", name) for each in family(pid) for name in ("Pss_Anon", "Pss_Shmem")) / 1024


def reset_peak(pid: int) -> None:
    """Reset the peak to the current resident memory."""
    Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK)


def cpu_seconds(pid: int) -> float:
    """User and system time so far, of a process and its children that run, with a resolution of 10 ms for each."""
    return sum(_own_cpu_seconds(each) for each in family(pid))


def threads(pid: int) -> list[int]:
    """Ids of the threads of a process and its children."""
    return [int(thread.name) for each in family(pid) for thread in Path(f"/proc/{each}/task").iterdir()]


def family(pid: int) -> Iterator[int]:
    """A process and its children, and theirs."""
    yield pid
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from family(int(child))


def _own_cpu_seconds(pid: int) -> float:
    # The second field, the name in parentheses, may contain spaces.
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = after_name[11:13]
    return (int(user) + int(system)) / _TICKS


def _status_mib(pid: int, name: str) -> float:
    return _kib(f"/proc/{pid}/status", name) / 1024


def _kib(path: str, name: str) -> int:
    for line in Path(path).read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise ValueError(f"{path} has no {name}; the process has ended")
