"""GET and SET of large values: requests per second and processor time beside webdis, on one processor each."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from bench import get_and_set, work
from bench.contenders import BASE_PATH
from bench.load import Request
from bench.measure import Bar, Case, Label, Results, Verdict
from bench.stage import Stage

NAME = "large-values"
TOOLS = ["redis-server", "webdis", "wrk"]
_CONNECTIONS = 16
_RATIO = 2.0
_PEER = "webdis"
_PEER_AS_TEXT = "webdis, answer as text"
_AS_JSON = "sidecar, JSON"
_PLAIN_BODY = "sidecar, body as it is"
_JUDGED = {"GET": (_AS_JSON,), "SET": (_AS_JSON, _PLAIN_BODY)}
# Fewer keys the larger they are, because the load generator has all of the requests in its memory.
_SIZES = {"10 KB": work.values(10_000, 100), "100 KB": work.values(100_000, 20), "1 MB": work.values(1_000_000, 4)}

REQUESTS = {
    operation: {
        f"{operation} of {size}, {contender}: requests per second beside webdis": (f"{operation} of {size}", contender)
        for size in _SIZES
        for contender in contenders
    }
    for operation, contenders in _JUDGED.items()
}
"""The ratios of requests per second: what each says, and of which work and contender it is."""


def bar(stage: Stage) -> Bar:
    """The servers with each size; values are text that needs no escapes in JSON."""
    cases = []
    for size, values in _SIZES.items():
        work.fill(stage.redis, values)
        entrants = list(_entrants(stage, values))
        for operation, sign in (("GET", values.value), ("SET", "OK")):
            for entrant in entrants:
                if operation in entrant.requests:
                    work.check(entrant.origin, entrant.requests[operation][0], partial(get_and_set.holds, sign))
                    run = partial(get_and_set.run, stage, entrant, operation, _CONNECTIONS)
                    cases.append(Case(Label(NAME, f"{operation} of {size}", entrant.name), run))
    return Bar(NAME, f"GET and SET of large values, {_CONNECTIONS} keep-alive connections", cases, _judge)


def _entrants(stage: Stage, values: work.Values) -> Iterator[work.Entrant]:
    """webdis takes the value as the body, and answers a GET with JSON, unless it is asked for text."""
    webdis = work.of_webdis(_PEER, stage.webdis, values)
    yield webdis
    as_text = [replace(request, path=f"{request.path}.txt") for request in webdis.requests["GET"]]
    yield replace(webdis, name=_PEER_AS_TEXT, requests={"GET": as_text})
    sidecar = work.of_sidecar(_AS_JSON, stage.sidecar, stage.sidecar.authorization, values)
    yield sidecar
    headers, body = {"Authorization": stage.sidecar.authorization}, values.value.encode()
    plain = [Request("POST", f"{BASE_PATH}/set/{key}", headers, body) for key in values.keys]
    yield replace(sidecar, name=_PLAIN_BODY, requests={"SET": plain})


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for comparisons in REQUESTS.values():
        for what, (done, contender) in comparisons.items():
            ratio = results.ratio(Label(NAME, done, contender), Label(NAME, done, _PEER), get_and_set.REQUESTS)
            verdicts.append(Verdict.at_least(NAME, what, ratio, _RATIO))
    return verdicts
