"""GET and SET through a member whose primary is on another node, over mutual TLS, beside an instance of one member with a Unix socket."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import load
from bench.errors import BenchError
from bench.ha_stage import HaStage
from bench.load import Request
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from bench.work import KEYS, VALUE
from tests.cluster.ha.instance import HaInstance
from tests.cluster.ha.writers import Target, client_of
from tests.cluster.usage.instances import Instance

NAME = "throughput"
TOOLS = ["wrk"]
_CONNECTIONS = 64
_SECONDS = 5.0
_RATIO = 0.8
_FIGURE = "requests/s"
_REMOTE = "three members, the primary elsewhere"
_ONE = "one member"
_JSON = {"Content-Type": "application/json"}


def bar(stage: HaStage, _: list[str]) -> Bar:
    """Both operations on both instances."""
    finders: dict[str, Callable[[], Target]] = {_ONE: lambda: _of_one(stage.one), _REMOTE: lambda: _of_replica(stage.three)}
    cases = [
        Case(Label(NAME, operation, contender), partial(_run, find, operation))
        for operation in ("GET", "SET")
        for contender, find in finders.items()
    ]
    return Bar(NAME, f"GET and SET of 32 bytes, {_CONNECTIONS} keep-alive connections", cases, _judge)


def _run(find: Callable[[], Target], operation: str) -> Sample:
    target = find()
    with client_of(target) as http:
        http.post("", json=["MSET", *(text for key in KEYS for text in (key, VALUE))]).raise_for_status()
    origin, path = _split(target.url)
    body = json.dumps({"value": VALUE}).encode()
    headers = dict(target.headers)
    requests = {
        "GET": [Request("GET", f"{path}/keys/{key}", headers) for key in KEYS],
        "SET": [Request("POST", f"{path}/keys/{key}", headers | _JSON, body) for key in KEYS],
    }
    with TemporaryDirectory() as folder:
        counted = load.wrk(origin, requests[operation], connections=_CONNECTIONS, seconds=_SECONDS, folder=Path(folder))
    return {_FIGURE: counted.per_second}


def _of_one(instance: Instance) -> Target:
    path = instance.url.split("/", 3)[3]
    return Target(f"http://{instance.pod_ip}:8080/{path}", {"Authorization": f"Bearer {instance.api_key}"})


def _of_replica(instance: HaInstance) -> Target:
    instance.wait_until_settled()
    primary = instance.primary()
    elsewhere = (name for name in instance.replicas() if instance.node_of(name) != instance.node_of(primary))
    member = next(elsewhere, None)
    target = instance.target(member) if member else None
    if target is None:
        raise BenchError(f"{instance.name} has no replica on another node than its primary")
    return target


def _split(url: str) -> tuple[str, str]:
    """Origin and path."""
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    return f"{scheme}://{authority}", f"/{path}"


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for operation in ("GET", "SET"):
        ratio = results.ratio(Label(NAME, operation, _REMOTE), Label(NAME, operation, _ONE), _FIGURE)
        measured = f"{ratio.median:.2f} × ({ratio.low:.2f}–{ratio.high:.2f})"
        verdicts.append(Verdict(NAME, f"{operation}: {_REMOTE}, beside {_ONE}", f"≥ {_RATIO} ×", measured, ratio.median >= _RATIO))
    return verdicts
