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
    """Load an entrant of the shared Redis with GETs or SETs, and measure requests and processor time, also that of Redis."""
    with placement.placed(entrant.pid, stage.supporting, entrant.cores):
        before = [process.cpu_seconds(pid) for pid in (entrant.pid, stage.redis.pid)]
        counted = load.wrk(
            entrant.origin,
            entrant.requests[operation],
            connections=connections,
            seconds=stage.seconds,
            folder=stage.folder("load"),
        )
        after = [process.cpu_seconds(pid) for pid in (entrant.pid, stage.redis.pid)]
    server, redis = ((end - begin) / counted.requests * 1e6 for begin, end in zip(before, after, strict=True))
    return {REQUESTS: counted.per_second, CPU: server, "Redis µs/request": redis}
