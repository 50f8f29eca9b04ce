"""Where and when a run was made; figures mean nothing without it."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.errors import BenchError

# Asked of the interpreter that runs what is measured, which need not be this one.
_DESCRIBE_PYTHON = """
import importlib.metadata, json, platform, sys
libraries = {name: importlib.metadata.version(name) for name in sys.argv[1:]}
print(json.dumps([f"{platform.python_version()} ({platform.python_build()[1]}, {platform.python_compiler()})", libraries]))
"""


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


def describe(versions: Mapping[str, str], python: str, libraries: Sequence[str]) -> Machine:
    """This machine, with the `versions` of other programs, and those of `python` and of its `libraries`, on which what is measured runs.

    Raises:
        BenchError: `python` is no interpreter that has the libraries.
    """
    try:
        answer = subprocess.run([python, "-c", _DESCRIBE_PYTHON, *libraries], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise BenchError(f"{python} cannot run what is measured: {error}") from None
    python_version, library_versions = json.loads(answer)
    return Machine(
        date=datetime.now(UTC).date().isoformat(),
        cpu=_cpu_model(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30,
        kernel=platform.release(),
        python=python_version,
        load=os.getloadavg()[0],
        versions={**versions, **library_versions},
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
