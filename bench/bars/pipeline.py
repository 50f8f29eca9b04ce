"""`POST /pipeline` with a hundred commands: commands per second beside redis-benchmark, which connects directly to Redis."""

from functools import partial

import httpx

from bench import load, placement, process, work
from bench.contenders import Sidecar
from bench.load import Request
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from bench.stage import Stage

NAME = "pipeline"
TOOLS = ["redis-server", "redis-benchmark", "wrk"]
_CONNECTIONS = 16
_RATIO = 0.4
_STRETCH = 0.5
_FIGURE = "commands/s"
_WORK = "50 SET and 50 GET"
_BARE = "redis-benchmark -P 100"
_JUDGED = ("sidecar, base64 like the SDKs", "sidecar, plain")
# redis-benchmark runs for a number of commands, not seconds; few machines do more than this.
_COMMANDS_PER_SECOND = 2_500_000


def bar(stage: Stage) -> Bar:
    """The same commands directly to Redis and through the sidecar."""
    work.fill(stage.redis)
    encoded, plain = _JUDGED
    ways: list[tuple[str, Sidecar, bool]] = [
        (encoded, stage.sidecar, True),
        (plain, stage.sidecar, False),
        ("sidecar, base64, Unix socket", stage.sidecar_over_socket, True),
    ]
    cases = [Case(Label(NAME, _WORK, _BARE), partial(_run_bare, stage))]
    for contender, server, base64 in ways:
        request = work.pipeline(server, base64=base64)
        work.check(server.origin, request, _all_succeeded)
        cases.append(Case(Label(NAME, _WORK, contender), partial(_run_sidecar, stage, server, request)))
    title = f"POST /pipeline with {work.PIPELINE_COMMANDS} commands, {_CONNECTIONS} connections"
    return Bar(NAME, title, cases, _judge)


def _all_succeeded(answer: httpx.Response) -> bool:
    items = answer.json()
    return len(items) == work.PIPELINE_COMMANDS and all(item["result"] for item in items)


def _run_bare(stage: Stage) -> Sample:
    """redis-benchmark cannot mix commands, so it runs first the SETs, then the GETs, half the commands each."""
    key = f"{work.KEY_PREFIX}__rand_int__"
    number = int(_COMMANDS_PER_SECOND * stage.seconds / 2)
    seconds = 0.0
    for command in (["SET", key, work.SMALL.value], ["GET", key]):
        with placement.placed(stage.redis.pid, [], 1):
            rate = load.redis_benchmark(
                stage.redis,
                command,
                keys=len(work.PIPELINE_KEYS),
                depth=work.PIPELINE_COMMANDS,
                connections=_CONNECTIONS,
                number=number,
            )
        seconds += number / rate
    return {_FIGURE: 2 * number / seconds}


def _run_sidecar(stage: Stage, server: Sidecar, request: Request) -> Sample:
    with placement.placed(server.pid, stage.supporting, server.workers):
        busy = process.cpu_seconds(server.pid)
        counted = load.wrk(server.origin, [request], connections=_CONNECTIONS, seconds=stage.seconds, folder=stage.folder("load"))
        busy = process.cpu_seconds(server.pid) - busy
    return {_FIGURE: counted.per_second * work.PIPELINE_COMMANDS, "CPU µs/command": busy / counted.requests / work.PIPELINE_COMMANDS * 1e6}


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for contender in _JUDGED:
        ratio = results.ratio(Label(NAME, _WORK, contender), Label(NAME, _WORK, _BARE), _FIGURE)
        what = f"{contender}: commands per second beside redis-benchmark"
        verdicts.append(Verdict.at_least(NAME, what, ratio, _RATIO, stretch=_STRETCH))
    return verdicts
