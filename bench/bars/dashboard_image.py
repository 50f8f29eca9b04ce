"""What the dashboard's image adds to its base: the environment that Dockerfile.dashboard copies into it, made here in the same way."""

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from bench.dashboard_stage import DashboardStage
from bench.errors import BenchError
from bench.measure import Bar, Case, Label, Results, Sample, Verdict

NAME = "image"
_ROOT = Path(__file__).parents[2]
_LOCK = _ROOT / "requirements" / "dashboard.lock"
_BEYOND = "MB beyond its base"
_MOST_MB = 60.0
_LABEL = Label(NAME, "unpacked", "dashboard")


def bar(stage: DashboardStage) -> Bar:
    """The files of a new environment are counted."""
    return Bar(NAME, "Size of the dashboard's image, unpacked", [Case(_LABEL, partial(_run, stage), once=True)], _judge)


def _run(stage: DashboardStage) -> Sample:
    with tempfile.TemporaryDirectory(dir=stage.folder(NAME)) as folder:
        place = Path(folder) / "kuberedis"
        _call(sys.executable, "-m", "venv", "--without-pip", str(place))
        install = (sys.executable, "-m", "pip", f"--python={place}/bin/python", "install", "--quiet", "--disable-pip-version-check")
        _call(*install, "--require-hashes", f"--requirement={_LOCK}")
        _call(*install, "--no-deps", str(_ROOT))
        files = [file for file in place.rglob("*") if file.is_file() and not file.is_symlink()]
        return {_BEYOND: sum(file.stat().st_size for file in files) / 1e6}


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(command[:4])}: {done.stderr.strip()[-500:]}")


def _judge(results: Results) -> list[Verdict]:
    beyond = results.spread(_LABEL, _BEYOND).median
    return [Verdict(NAME, "unpacked, beyond its base", f"≤ {_MOST_MB:g} MB", f"{beyond:.1f} MB", beyond <= _MOST_MB)]
