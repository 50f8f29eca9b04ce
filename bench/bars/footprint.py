"""The footprint of one sidecar: start time, memory when idle, memory under the load of the throughput bar."""

import tempfile
import time
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
_MOST = {_READY: 0.7, _IDLE: 45.0, _LOADED: 64.0}
_LABEL = Label(NAME, "a fresh process", "sidecar")


def bar(stage: Stage) -> Bar:
    """A new sidecar in every round."""
    work.fill(stage.redis)
    return Bar(NAME, "Start and memory of one sidecar", [Case(_LABEL, partial(_run, stage))], _judge)


def _run(stage: Stage) -> Sample:
    with (
        tempfile.TemporaryDirectory(dir=stage.folder(NAME)) as folder,
        contenders.sidecar(stage.python, Path(folder), stage.redis) as server,
    ):
        time.sleep(_IDLE_SECONDS)
        idle = process.resident_mib(server.pid)
        process.reset_peak(server.pid)
        entrant = work.of_sidecar("sidecar", server, server.authorization)
        for requests in entrant.requests.values():
            load.wrk(server.origin, requests, connections=_CONNECTIONS, seconds=stage.seconds, folder=stage.folder("load"))
        return {_READY: server.ready_seconds, _IDLE: idle, _LOADED: process.peak_resident_mib(server.pid)}


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for figure, most in _MOST.items():
        found = results.spread(_LABEL, figure)
        what, _, unit = figure.rpartition(" ")
        measured = f"{found.median:.2f} {unit} ({found.low:.2f}–{found.high:.2f})"
        verdicts.append(Verdict(NAME, what, f"≤ {most:g} {unit}", measured, found.median <= most))
    return verdicts
