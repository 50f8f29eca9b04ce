"""GET and SET through a sidecar whose primary is another member, over TLS, beside one in front of its own Redis on a Unix socket."""

from dataclasses import replace
from functools import partial

from bench import get_and_set, placement, work
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from bench.stage import Stage

NAME = "remote-primary"
TOOLS = ["redis-server", "wrk"]
_RATIO = 0.8
_ONE = "one Redis, Unix socket"
_REMOTE = "one of three, TLS to the primary"


def bar(stage: Stage) -> Bar:
    """Both sidecars with GETs and with SETs. They share all processors with the primary and a replica, which would fill one."""
    work.fill(stage.redis)
    one, remote = stage.sidecar_over_socket, stage.sidecar_of_replica
    sidecars = [work.of_sidecar(_ONE, one, one.authorization), work.of_sidecar(_REMOTE, remote, remote.authorization)]
    entrants = [replace(each, cores=placement.EVERY) for each in sidecars]
    cases = []
    # The first GETs need values.
    for operation, sign in (("SET", "OK"), ("GET", work.SMALL.value)):
        for entrant in entrants:
            for request in entrant.requests[operation]:
                work.check(entrant.origin, request, partial(get_and_set.holds, sign))
            cases.append(Case(Label(NAME, operation, entrant.name), partial(_run, stage, entrant, operation)))
    return Bar(NAME, f"GET and SET of 32 bytes through a member, {get_and_set.CONNECTIONS} keep-alive connections", cases, _judge)


def _run(stage: Stage, entrant: work.Entrant, operation: str) -> Sample:
    """Without the time of the shared Redis, which the member does not use."""
    sample = get_and_set.run(stage, entrant, operation)
    return {figure: sample[figure] for figure in (get_and_set.REQUESTS, get_and_set.CPU)}


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for operation in ("GET", "SET"):
        ratio = results.ratio(Label(NAME, operation, _REMOTE), Label(NAME, operation, _ONE), get_and_set.REQUESTS)
        verdicts.append(Verdict.at_least(NAME, f"{operation}, {_REMOTE}: requests per second beside {_ONE}", ratio, _RATIO))
    return verdicts
