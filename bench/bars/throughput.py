"""GET and SET over keep-alive connections: requests per second beside webdis, with the instance key and with a JWT."""

from functools import partial

from bench import get_and_set, work
from bench.measure import Bar, Case, Label, Results, Verdict
from bench.stage import Stage

NAME = "throughput"
TOOLS = ["redis-server", "webdis", "wrk"]
_RATIO = 1.5
_JUDGED = ("sidecar, instance key", "sidecar, JWT")


def bar(stage: Stage) -> Bar:
    """Every entrant with GETs and with SETs; the cases that are not judged show the effect of a Unix socket and of the access log."""
    work.fill(stage.redis)
    key, token = _JUDGED
    entrants = [
        work.of_webdis(stage.webdis),
        work.of_sidecar(key, stage.sidecar, stage.sidecar.authorization),
        work.of_sidecar(token, stage.sidecar, stage.sidecar.jwt_authorization),
        work.of_sidecar("sidecar, instance key, Unix socket", stage.sidecar_over_socket, stage.sidecar_over_socket.authorization),
        work.of_sidecar("sidecar, instance key, access log", stage.sidecar_logging, stage.sidecar_logging.authorization),
    ]
    cases = []
    for operation, sign in (("GET", work.VALUE), ("SET", "OK")):
        for entrant in entrants:
            work.check(entrant.origin, entrant.requests[operation][0], partial(get_and_set.holds, sign))
            run = partial(get_and_set.run, stage, entrant, operation)
            cases.append(Case(Label(NAME, operation, entrant.name), run))
    return Bar(NAME, f"GET and SET of 32 bytes, {get_and_set.CONNECTIONS} keep-alive connections", cases, _judge)


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for operation in ("GET", "SET"):
        peer = Label(NAME, operation, "webdis")
        for contender in _JUDGED:
            ratio = results.ratio(Label(NAME, operation, contender), peer, get_and_set.REQUESTS)
            verdicts.append(
                Verdict(
                    bar=NAME,
                    what=f"{operation}, {contender}: requests per second beside webdis",
                    wanted=f"≥ {_RATIO} ×",
                    measured=f"{ratio.median:.2f} × ({ratio.low:.2f}–{ratio.high:.2f})",
                    met=ratio.median >= _RATIO,
                )
            )
    return verdicts
