"""The footprint of one sidecar: start time, memory when idle and under load, and what a second worker adds."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench import contenders, load, process, work
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from bench.stage import Stage

NAME = "footprint"
TOOLS = ["redis-server", "wrk"]
_CONNECTIONS = 64
_IDLE_SECONDS = 1.0
_READY = "start to ready s"
_IDLE = "idle MiB"
_LOADED = "peak under load MiB"
_SECOND = "second worker MiB"
_MOST = {_READY: 0.7, _IDLE: 40.0, _LOADED: 64.0, _SECOND: 15.0}
IDLE = _IDLE.rpartition(" ")[0]
"""What the verdict on memory when idle is called."""
_LABEL = Label(NAME, "a fresh process", "sidecar")


def bar(stage: Stage) -> Bar:
    """New sidecars in every round."""
    work.fill(stage.redis)
    return Bar(NAME, "Start and memory of one sidecar", [Case(_LABEL, partial(_run, stage))], _judge)


def _run(stage: Stage) -> Sample:
    with _fresh(stage, workers=1) as server:
        time.sleep(_IDLE_SECONDS)
        idle = process.resident_mib(server.pid)
        one = process.own_mib(server.pid)
        process.reset_peak(server.pid)
        entrant = work.of_sidecar("sidecar", server, server.authorization)
        for requests in entrant.requests.values():
            load.wrk(server.origin, requests, connections=_CONNECTIONS, seconds=stage.seconds, folder=stage.folder("load"))
        loaded = process.peak_resident_mib(server.pid)
    with _fresh(stage, workers=2) as pair:
        time.sleep(_IDLE_SECONDS)
        two = process.own_mib(pair.pid)
    return {_READY: server.ready_seconds, _IDLE: idle, _LOADED: loaded, _SECOND: two - one}


@contextmanager
def _fresh(stage: Stage, *, workers: int) -> Iterator[contenders.Sidecar]:
    with (
        tempfile.TemporaryDirectory(dir=stage.folder(NAME)) as folder,
        contenders.sidecar(stage.python, Path(folder), stage.redis, workers=str(workers)) as server,
    ):
        yield server


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for figure, most in _MOST.items():
        found = results.spread(_LABEL, figure)
        what, _, unit = figure.rpartition(" ")
        measured = f"{found.median:.2f} {unit} ({found.low:.2f}–{found.high:.2f})"
        value = found.median if unit == "MiB" else None
        verdicts.append(Verdict(NAME, what, f"≤ {most:g} {unit}", measured, found.median <= most, value, unit))
    return verdicts
