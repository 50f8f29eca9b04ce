"""Latency at a constant rate far below the servers' capacity, whether or not they respond in time."""

from functools import partial

from bench import load, placement, work
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from bench.stage import Stage

NAME = "latency"
TOOLS = ["redis-server", "webdis", "vegeta"]
_RATE = 1000
_CONNECTIONS = 16
_MOST_MILLISECONDS = 2.0
# A round must have enough requests for a meaningful p99.
_LEAST_SECONDS = 4.0
_FIGURE = "p99 ms"
_WORK = "GET and SET in turn"
_PEER = "webdis"
_JUDGED = "sidecar, instance key"


def bar(stage: Stage) -> Bar:
    """Both servers with the same requests."""
    work.fill(stage.redis)
    entrants = [
        work.of_webdis(_PEER, stage.webdis),
        work.of_sidecar(_JUDGED, stage.sidecar, stage.sidecar.authorization),
    ]
    cases = [Case(Label(NAME, _WORK, entrant.name), partial(_run, stage, entrant)) for entrant in entrants]
    return Bar(NAME, f"Latency at {_RATE} requests per second, {_CONNECTIONS} connections", cases, _judge)


def _run(stage: Stage, entrant: work.Entrant) -> Sample:
    pairs = zip(entrant.requests["GET"], entrant.requests["SET"], strict=True)
    with placement.placed(entrant.pid, stage.supporting, entrant.cores):
        found = load.vegeta(
            entrant.origin,
            [request for pair in pairs for request in pair],
            rate=_RATE,
            connections=_CONNECTIONS,
            seconds=max(stage.seconds, _LEAST_SECONDS),
            folder=stage.folder("load"),
        )
    return {"p50 ms": found.p50, _FIGURE: found.p99, "max ms": found.maximum}


def _judge(results: Results) -> list[Verdict]:
    own = results.spread(Label(NAME, _WORK, _JUDGED), _FIGURE)
    peer = results.spread(Label(NAME, _WORK, _PEER), _FIGURE)
    measured = f"{own.median:.2f} ms ({own.low:.2f}–{own.high:.2f})"
    return [
        Verdict(NAME, "p99", f"≤ {_MOST_MILLISECONDS:g} ms", measured, own.median <= _MOST_MILLISECONDS),
        Verdict(NAME, "p99 beside webdis", f"≤ {peer.median:.2f} ms", measured, own.median <= peer.median),
    ]
