"""GET and SET of large values: requests per second and processor time beside webdis, on one processor each."""

from functools import partial

from bench import get_and_set, work
from bench.measure import Bar, Case, Label, Results, Verdict
from bench.stage import Stage

NAME = "large-values"
TOOLS = ["redis-server", "webdis", "wrk"]
_CONNECTIONS = 16
_RATIO = 2.0
_PEER = "webdis"
_JUDGED = "sidecar, instance key"
# Fewer keys the larger they are, because the load generator has all of the requests in its memory.
_SIZES = {"10 KB": work.values(10_000, 100), "100 KB": work.values(100_000, 20), "1 MB": work.values(1_000_000, 4)}

REQUESTS = {
    operation: {f"{operation} of {size}: requests per second beside webdis": f"{operation} of {size}" for size in _SIZES}
    for operation in ("GET", "SET")
}
"""The ratios of requests per second: what each says, and of which work it is."""


def bar(stage: Stage) -> Bar:
    """Both servers with each size; values are text that needs no escapes in JSON."""
    cases = []
    for size, values in _SIZES.items():
        work.fill(stage.redis, values)
        entrants = [
            work.of_webdis(_PEER, stage.webdis, values),
            work.of_sidecar(_JUDGED, stage.sidecar, stage.sidecar.authorization, values),
        ]
        for operation, sign in (("GET", values.value), ("SET", "OK")):
            for entrant in entrants:
                work.check(entrant.origin, entrant.requests[operation][0], partial(get_and_set.holds, sign))
                run = partial(get_and_set.run, stage, entrant, operation, _CONNECTIONS)
                cases.append(Case(Label(NAME, f"{operation} of {size}", entrant.name), run))
    return Bar(NAME, f"GET and SET of large values, {_CONNECTIONS} keep-alive connections", cases, _judge)


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for comparisons in REQUESTS.values():
        for what, done in comparisons.items():
            ratio = results.ratio(Label(NAME, done, _JUDGED), Label(NAME, done, _PEER), get_and_set.REQUESTS)
            verdicts.append(Verdict.at_least(NAME, what, ratio, _RATIO))
    return verdicts
