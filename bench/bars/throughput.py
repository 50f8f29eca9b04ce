"""GET and SET of small values: processor time and requests per second beside webdis, on as many processors."""

from functools import partial

from bench import get_and_set, work
from bench.measure import Bar, Case, Label, Results, Verdict
from bench.stage import Stage

NAME = "throughput"
TOOLS = ["redis-server", "webdis", "wrk"]

_PEERS = {"webdis": "webdis", "webdis, no authentication": "webdis without authentication"}
_KEY = "sidecar, instance key"
_TOKEN = "sidecar, JWT"  # noqa: S105 the name of a contender
_LOGGING = "sidecar, instance key, access log"
_TWO_THREADS = "webdis, 2 threads"
_TWO_WORKERS = "sidecar, instance key, 2 workers"

PROCESSOR_TIME = {
    operation: {
        f"{operation}, {contender}: processor time of {shown} beside it": (peer, contender)
        for contender in (_KEY, _TOKEN)
        for peer, shown in _PEERS.items()
    }
    for operation in ("GET", "SET")
}
"""The ratios of processor time: what each says, and of which contenders it is."""
_CPU_RATIO = {"GET": 1.3, "SET": 1.2}
_CPU_STRETCH = {"GET": 1.5, "SET": None}
_REQUESTS_RATIO = 1.2
_LOG_RATIO = 0.9


def bar(stage: Stage) -> Bar:
    """Every entrant with GETs and with SETs; those that require authentication are seen to do so."""
    work.fill(stage.redis)
    webdis, webdis_open = _PEERS
    entrants = [
        work.of_webdis(webdis, stage.webdis),
        work.of_sidecar(_KEY, stage.sidecar, stage.sidecar.authorization),
        work.of_sidecar(_TOKEN, stage.sidecar, stage.sidecar.jwt_authorization),
        work.of_sidecar(_LOGGING, stage.sidecar_logging, stage.sidecar_logging.authorization),
        work.of_webdis(_TWO_THREADS, stage.webdis_two_threads),
        work.of_sidecar(_TWO_WORKERS, stage.sidecar_two_workers, stage.sidecar_two_workers.authorization),
    ]
    for entrant in entrants:
        work.check_refusal(entrant.origin, entrant.requests["GET"][0])
    entrants.insert(1, work.of_webdis(webdis_open, stage.webdis_open))
    cases = []
    for operation, sign in (("GET", work.SMALL.value), ("SET", "OK")):
        for entrant in entrants:
            work.check(entrant.origin, entrant.requests[operation][0], partial(get_and_set.holds, sign))
            run = partial(get_and_set.run, stage, entrant, operation)
            cases.append(Case(Label(NAME, operation, entrant.name), run))
    return Bar(NAME, f"GET and SET of 32 bytes, {get_and_set.CONNECTIONS} keep-alive connections", cases, _judge)


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for operation, comparisons in PROCESSOR_TIME.items():
        for what, (peer, contender) in comparisons.items():
            ratio = results.ratio(Label(NAME, operation, peer), Label(NAME, operation, contender), get_and_set.CPU)
            verdicts.append(Verdict.at_least(NAME, what, ratio, _CPU_RATIO[operation], stretch=_CPU_STRETCH[operation]))
    for operation in PROCESSOR_TIME:
        ratio = results.ratio(Label(NAME, operation, _TWO_WORKERS), Label(NAME, operation, _TWO_THREADS), get_and_set.REQUESTS)
        what = f"{operation}, {_TWO_WORKERS}: requests per second beside {_TWO_THREADS}"
        verdicts.append(Verdict.at_least(NAME, what, ratio, _REQUESTS_RATIO))
    for operation in PROCESSOR_TIME:
        ratio = results.ratio(Label(NAME, operation, _LOGGING), Label(NAME, operation, _KEY), get_and_set.REQUESTS)
        verdicts.append(Verdict.at_least(NAME, f"{operation}, access log: requests per second beside none", ratio, _LOG_RATIO))
    return verdicts
