"""GET over keep-alive connections with traces of some requests, beside a sidecar that sends no traces."""

from functools import partial

from bench import get_and_set, work
from bench.measure import Bar, Case, Label, Results, Verdict
from bench.stage import Stage

NAME = "tracing"
TOOLS = ["redis-server", "wrk"]
_RATIO = 0.97
_OFF = "no traces"
_JUDGED = "traces of 1 %"


def bar(stage: Stage) -> Bar:
    """The sidecars with GETs; the case that is not judged shows what the decision costs of which nothing comes."""
    work.fill(stage.redis)
    sidecars = {_OFF: stage.sidecar, "traces of 0 %": stage.sidecar_tracing(0), _JUDGED: stage.sidecar_tracing(0.01)}
    cases = []
    for name, sidecar in sidecars.items():
        entrant = work.of_sidecar(name, sidecar, sidecar.authorization)
        work.check(entrant.origin, entrant.requests["GET"][0], partial(get_and_set.holds, work.SMALL.value))
        cases.append(Case(Label(NAME, "GET", name), partial(get_and_set.run, stage, entrant, "GET")))
    return Bar(NAME, f"GET of 32 bytes with traces, {get_and_set.CONNECTIONS} keep-alive connections", cases, _judge)


def _judge(results: Results) -> list[Verdict]:
    ratio = results.ratio(Label(NAME, "GET", _JUDGED), Label(NAME, "GET", _OFF), get_and_set.REQUESTS)
    return [Verdict.at_least(NAME, f"GET, {_JUDGED} of the requests: requests per second beside {_OFF}", ratio, _RATIO)]
