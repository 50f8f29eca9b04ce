"""GET and SET through a sidecar whose primary is another member, over TLS, beside one in front of its own Redis on a Unix socket."""

from functools import partial

from bench import get_and_set, work
from bench.measure import Bar, Case, Label, Results, Verdict
from bench.stage import Stage

NAME = "remote-primary"
TOOLS = ["redis-server", "wrk"]
_RATIO = 0.8
_ONE = "one Redis, Unix socket"
_REMOTE = "one of three, TLS to the primary"


def bar(stage: Stage) -> Bar:
    """Both sidecars with GETs and with SETs. On this machine the primary and a replica take a part of the processors as well."""
    work.fill(stage.redis)
    one, remote = stage.sidecar_over_socket, stage.sidecar_of_replica
    entrants = [work.of_sidecar(_ONE, one, one.authorization), work.of_sidecar(_REMOTE, remote, remote.authorization)]
    cases = []
    # The first GETs need values.
    for operation, sign in (("SET", "OK"), ("GET", work.VALUE)):
        for entrant in entrants:
            for request in entrant.requests[operation]:
                work.check(entrant.origin, request, partial(get_and_set.holds, sign))
            cases.append(Case(Label(NAME, operation, entrant.name), partial(get_and_set.run, stage, entrant, operation)))
    return Bar(NAME, f"GET and SET of 32 bytes through a member, {get_and_set.CONNECTIONS} keep-alive connections", cases, _judge)


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for operation in ("GET", "SET"):
        ratio = results.ratio(Label(NAME, operation, _REMOTE), Label(NAME, operation, _ONE), get_and_set.REQUESTS)
        verdicts.append(
            Verdict(
                bar=NAME,
                what=f"{operation}, {_REMOTE}: requests per second beside {_ONE}",
                wanted=f"≥ {_RATIO} ×",
                measured=f"{ratio.median:.2f} × ({ratio.low:.2f}–{ratio.high:.2f})",
                met=ratio.median >= _RATIO,
            )
        )
    return verdicts
