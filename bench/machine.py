"""Description of the machine and the time of a run, without which its figures mean nothing."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.errors import BenchError

# Run by the interpreter of the measured program, which may be another one than this process'.
_DESCRIBE_PYTHON = """
import importlib.metadata, json, platform, sys
libraries = {name: importlib.metadata.version(name) for name in sys.argv[1:]}
print(json.dumps([f"{platform.python_version()} ({platform.python_build()[1]}, {platform.python_compiler()})", libraries]))
"""


@dataclass(frozen=True)
class Machine:
    """The facts at the beginning of a report.

    `python` includes build date and compiler, because a build without profile-guided optimization is a third slower.
    `load` is the one-minute load average at the start of the run.
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
    """Describes this machine.

    Args:
        versions: versions of other programs.
        python: interpreter of the measured program.
        libraries: libraries of that interpreter whose versions are reported.

    Raises:
        BenchError: `python` is not an interpreter with these libraries.
    """
    try:
        answer = subprocess.run([python, "-c", _DESCRIBE_PYTHON, *libraries], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise BenchError(f"{python} cannot run the measured program: {error}") from None
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
