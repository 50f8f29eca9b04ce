"""How soon a change in the cluster is on an open page, and how soon a revoked right ends its stream."""

import math
import time
from contextlib import ExitStack
from functools import partial

from bench import contenders, dashboard_stage
from bench.dashboard_ground import TEAM
from bench.dashboard_stage import DashboardStage
from bench.errors import BenchError
from bench.measure import Bar, Case, Label, Results, Sample, Verdict

NAME = "live"
_CHANGES = 30
_PAUSE_SECONDS = 0.3
_P50, _P95, _LONGEST = "p50 ms", "p95 ms", "longest ms"
_ENDS = "stream ends s"
_MOST_MS = 300.0
_MOST_SECONDS = 60.0
_LIMIT_SECONDS = 120.0
_WORK = "change to DOM"
_PAGES = {"list": dashboard_stage.LIST, "instance": dashboard_stage.INSTANCE}
_REVOKED = Label(NAME, "right revoked", "list and instance")


def bar(stage: DashboardStage) -> Bar:
    """Changes one after the other on an open list and an open instance; a right taken away right after a stream began."""
    changes = [Case(Label(NAME, _WORK, name), partial(_change, stage, path)) for name, path in _PAGES.items()]
    cases = [*changes, Case(_REVOKED, partial(_revoke, stage), once=True)]
    return Bar(NAME, "Open pages", cases, _judge)


def _change(stage: DashboardStage, path: str) -> Sample:
    took = []
    with stage.browser.open(path) as page:
        page.wait_until_live()
        for number in range(_CHANGES):
            problem = f"the node has gone, change {number} of {time.time_ns()}"
            page.await_text(problem)
            begun = time.time()
            stage.ground.set_status(TEAM, contenders.INSTANCE, problem)
            took.append((page.seen_at() - begun) * 1000)
            time.sleep(_PAUSE_SECONDS)
    stage.ground.set_status(TEAM, contenders.INSTANCE)
    took.sort()
    return {_P50: _percentile(took, 0.5), _P95: _percentile(took, 0.95), _LONGEST: took[-1]}


def _percentile(values: list[float], share: float) -> float:
    """The smallest of the sorted values that is no less than this share of them."""
    return values[math.ceil(share * len(values)) - 1]


def _revoke(stage: DashboardStage) -> Sample:
    ground = stage.ground
    ground.let_guest_in()
    with ExitStack() as ends:
        paths = [stage.dashboard.stream_of(path, ground.guest) for path in _PAGES.values()]
        streams = [ends.enter_context(stage.dashboard.stream(path, ground.guest)) for path in paths]
        begun = time.perf_counter()
        ground.turn_guest_out()
        for stream in streams:
            # Either the page is told why, or the stream just ends.
            stream.wait_for(b"stream-error", _LIMIT_SECONDS)
        ended = time.perf_counter() - begun
    if any(stage.dashboard.page(path, ground.guest) is not None for path in _PAGES.values()):
        raise BenchError("a user whose right was revoked still sees instances")
    return {_ENDS: ended}


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for label in (Label(NAME, _WORK, name) for name in _PAGES):
        found = results.spread(label, _P95)
        measured = f"{found.median:.0f} ms ({found.low:.0f}–{found.high:.0f})"
        verdicts.append(
            Verdict(NAME, f"change in the cluster to {label.contender}, p95", f"≤ {_MOST_MS:g} ms", measured, found.median <= _MOST_MS)
        )
    ended = results.spread(_REVOKED, _ENDS).high
    verdicts.append(Verdict(NAME, "revoked right to end of stream", f"≤ {_MOST_SECONDS:g} s", f"{ended:.1f} s", ended <= _MOST_SECONDS))
    return verdicts
