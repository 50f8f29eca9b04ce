"""Where and when a run was made; figures mean nothing without it."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as distribution_version
from pathlib import Path

from bench import tools

_LIBRARIES = ("sanic", "httptools", "uvloop", "hiredis")


@dataclass(frozen=True)
class Machine:
    """The facts a report begins with.

    `python` tells when and by what compiler it was built, too: one that is built without profile-guided optimization
    is slower by a third. `load` is the one-minute load average when the run began.
    """

    date: str
    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    load: float
    versions: dict[str, str]


def describe(used: list[str]) -> Machine:
    """This machine, with the versions of the programs `used` and of the libraries below the sidecar."""
    versions = {tool: tools.version(tool) for tool in used}
    versions |= {library: distribution_version(library) for library in _LIBRARIES}
    return Machine(
        date=datetime.now(UTC).date().isoformat(),
        cpu=_cpu_model(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30,
        kernel=platform.release(),
        python=f"{platform.python_version()} ({platform.python_build()[1]}, {platform.python_compiler()})",
        load=os.getloadavg()[0],
        versions=versions,
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
