"""What the bars of GET and SET have in common: a check of an answer, and one measurement of an entrant."""

import httpx

from bench import load, placement, process, work
from bench.measure import Sample
from bench.stage import Stage

CONNECTIONS = 64
REQUESTS = "requests/s"
CPU = "CPU µs/request"
"""The figures that are judged."""


def holds(sign: str, answer: httpx.Response) -> bool:
    """Whether an answer is what the request should have."""
    return sign in answer.text


def run(stage: Stage, entrant: work.Entrant, operation: str, connections: int = CONNECTIONS) -> Sample:
    """Load an entrant with GETs or SETs, and measure requests and processor time."""
    with placement.placed(entrant.pid, stage.supporting, entrant.cores):
        busy = process.cpu_seconds(entrant.pid)
        counted = load.wrk(
            entrant.origin,
            entrant.requests[operation],
            connections=connections,
            seconds=stage.seconds,
            folder=stage.folder("load"),
        )
        busy = process.cpu_seconds(entrant.pid) - busy
    return {REQUESTS: counted.per_second, CPU: busy / counted.requests * 1e6}
