"""A scrape of `/metrics` holds up the requests that the same event loop serves, so it has to be short."""

import http.client
import tempfile
import time
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bench import contenders, process
from bench.errors import BenchError
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from bench.stage import Stage
from kuberedis_core.redis_info import parse_info
from kuberedis_sidecar.api.model import Response
from kuberedis_sidecar.telemetry.command_metrics import MAX_COMMANDS, CommandStatistics
from kuberedis_sidecar.telemetry.metrics import Snapshot, render
from kuberedis_sidecar.telemetry.request_metrics import RequestMetrics

NAME = "scrape"
TOOLS = ["redis-server"]
_SCRAPES = 200
_MOST_MS = 5.0
_FIGURE = "CPU ms/scrape"
_WHOLE = Label(NAME, "after every command that a script may use", "sidecar")
_PAGE = Label(NAME, f"the page alone, {MAX_COMMANDS} commands and 200 kinds of answers", "sidecar")
_ROUTES = 25


def bar(stage: Stage) -> Bar:
    """Redis has some 240 commands; as many as are told apart need its modules, so that their page is made without a Redis."""
    cases = [Case(_WHOLE, partial(_run_whole, stage)), Case(_PAGE, _run_page)]
    return Bar(NAME, "Scrapes of /metrics", cases, _judge)


def _run_whole(stage: Stage) -> Sample:
    with tempfile.TemporaryDirectory(dir=stage.folder(NAME)) as name:
        folder = Path(name)
        with contenders.redis(folder) as redis, contenders.sidecar(stage.python, folder, redis) as server:
            with redis.client() as client:
                for command in client.command():
                    # Most fail because of their arguments, which Redis counts as well; from a script, none of them waits.
                    client.eval("redis.pcall(ARGV[1], 'x', 'x', 'x')", 0, command)
            connection = http.client.HTTPConnection(urlsplit(server.origin).netloc)
            _scrape(connection)
            before = process.cpu_seconds(server.pid)
            for _ in range(_SCRAPES):
                _scrape(connection)
            seconds = process.cpu_seconds(server.pid) - before
            connection.close()
            return {_FIGURE: 1000 * seconds / _SCRAPES}


def _scrape(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/metrics")
    response = connection.getresponse()
    if response.status != 200 or b"kuberedis_commands_total" not in response.read():
        raise BenchError("/metrics does not answer with the commands of Redis")


def _run_page() -> Sample:
    requests = RequestMetrics()
    for route in range(_ROUTES):
        for method in ("GET", "POST"):
            for status in (200, 400, 404, 503):
                requests.observe(f"/route{route}", method, Response(status, b""), 0.001)
    numbers = "calls=123456,usec=1234567,usec_per_call=10.00,rejected_calls=0,failed_calls=12"
    text = "".join(f"cmdstat_module.command{number}:{numbers}\r\n" for number in range(MAX_COMMANDS))
    statistics = CommandStatistics()
    began = time.process_time()
    for _ in range(_SCRAPES):
        info = parse_info(text)
        render([Snapshot(instance="bench", requests=requests, info=info, slowlog=0, commands=statistics.read(info))])
    return {_FIGURE: 1000 * (time.process_time() - began) / _SCRAPES}


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for label in (_WHOLE, _PAGE):
        found = results.spread(label, _FIGURE)
        measured = f"{found.median:.2f} ms ({found.low:.2f}–{found.high:.2f})"
        verdicts.append(
            Verdict(NAME, f"{label.work}: processor time of a scrape", f"≤ {_MOST_MS:g} ms", measured, found.median <= _MOST_MS)
        )
    return verdicts
