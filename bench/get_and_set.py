"""What the bars of GET and SET have in common: a check of an answer, and one measurement of an entrant."""

import httpx

from bench import load, process, work
from bench.measure import Sample
from bench.stage import Stage

CONNECTIONS = 64
REQUESTS = "requests/s"
"""The figure that is judged."""


def holds(sign: str, answer: httpx.Response) -> bool:
    """Whether an answer is what the request should have."""
    return sign in answer.text


def run(stage: Stage, entrant: work.Entrant, operation: str) -> Sample:
    """Load an entrant with GETs or SETs, and measure requests and processor time."""
    busy = process.cpu_seconds(entrant.pid)
    counted = load.wrk(
        entrant.origin,
        entrant.requests[operation],
        connections=CONNECTIONS,
        seconds=stage.seconds,
        folder=stage.folder("load"),
    )
    busy = process.cpu_seconds(entrant.pid) - busy
    return {REQUESTS: counted.per_second, "CPU µs/request": busy / counted.requests * 1e6}
