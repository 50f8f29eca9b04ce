"""The sidecar's state per caller is bounded: a million tokens, refused tokens, a thousand grants."""

import tempfile
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

from bench import contenders, load, mint, process, work
from bench.errors import BenchError
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from bench.stage import Stage

NAME = "growth"
TOOLS = ["redis-server", "wrk"]
_CONNECTIONS = 16
_MOST_SECONDS = 120.0
_TOKENS_PER_FILE = 100_000
_FILES = 10
_REFUSED_FILES = 2
_GRANTS = 1000
_GRANT_ROUNDS = 3
_MAX_GRANTS = 64
# Besides the grants' connections: the administrator's, and those being closed while their successors are already open.
_SPARE_CONNECTIONS = _CONNECTIONS + 4
_SAMPLE_SECONDS = 0.05
# Caches are full after the first hundred thousand tokens; later growth may only be noise of the allocator.
_MOST_GROWTH_MIB = 8.0

_FIRST = "MiB after the first part"
_LAST = "MiB after all"
_MOST_CONNECTIONS = "connections at most"
_MOST_USERS = "ACL users at most"
_TOKENS = Label(NAME, "1,000,000 distinct tokens", "sidecar")
_REFUSED = Label(NAME, "200,000 distinct refused tokens", "sidecar")
_DISTINCT_GRANTS = Label(NAME, "1,000 distinct grants, 3 times", "sidecar")


def bar(stage: Stage) -> Bar:
    """Each case has its own sidecar and, because connections are counted, its own Redis; each takes long and runs once."""
    cases = [
        Case(_TOKENS, partial(_run_tokens, stage, _FILES, refused=False), once=True),
        Case(_REFUSED, partial(_run_tokens, stage, _REFUSED_FILES, refused=True), once=True),
        Case(_DISTINCT_GRANTS, partial(_run_grants, stage), once=True),
    ]
    return Bar(NAME, "Memory and connections with many distinct callers", cases, _judge)


def _run_tokens(stage: Stage, files: int, *, refused: bool) -> Sample:
    with tempfile.TemporaryDirectory(dir=stage.folder(NAME)) as name:
        folder = Path(name)
        with contenders.redis(folder) as redis, contenders.sidecar(stage.python, folder, redis) as server:
            work.fill(redis)
            path = f"{contenders.BASE_PATH}/keys/{work.SMALL.keys[0]}"
            # The refused tokens are signed with another key; they are the costliest to refuse, as everything else is valid.
            key = server.key[::-1] if refused else server.key
            resident = []
            for file in mint.distinct_tokens(folder, key, path, files=files, tokens=_TOKENS_PER_FILE):
                successes = _send(server, file, _TOKENS_PER_FILE)
                if successes != (0 if refused else _TOKENS_PER_FILE):
                    raise BenchError(f"{successes} of {_TOKENS_PER_FILE} tokens were accepted")
                resident.append(process.resident_mib(server.pid))
                file.unlink()
            return {_FIRST: resident[0], _LAST: resident[-1]}


def _run_grants(stage: Stage) -> Sample:
    with tempfile.TemporaryDirectory(dir=stage.folder(NAME)) as name:
        folder = Path(name)
        with (
            contenders.redis(folder) as redis,
            contenders.sidecar(stage.python, folder, redis, max_grants=str(_MAX_GRANTS)) as server,
            redis.client() as client,
            ThreadPoolExecutor(1) as generator,
        ):
            client.mset({mint.grant_key(user): work.SMALL.value for user in range(_GRANTS)})
            file = mint.distinct_grants(folder, server.key, users=_GRANTS)
            resident, connections, users = [], 0, 0
            for _ in range(_GRANT_ROUNDS):
                run = generator.submit(_send, server, file, _GRANTS)
                while not run.done():
                    # Minus the client of this measurement, and Redis' default user.
                    connections = max(connections, len(client.client_list()) - 1)
                    users = max(users, len(client.acl_users()) - 1)
                    wait([run], _SAMPLE_SECONDS)
                if run.result() != _GRANTS:
                    raise BenchError(f"{run.result()} of {_GRANTS} grants were served")
                resident.append(process.resident_mib(server.pid))
            return {_FIRST: resident[0], _LAST: resident[-1], _MOST_CONNECTIONS: connections, _MOST_USERS: users}


def _send(server: contenders.Sidecar, file: Path, number: int) -> int:
    return load.wrk_tokens(server.origin, file, number=number, connections=_CONNECTIONS, most_seconds=_MOST_SECONDS)


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for label in (_TOKENS, _REFUSED, _DISTINCT_GRANTS):
        first, last = (results.spread(label, figure).median for figure in (_FIRST, _LAST))
        measured = f"{last - first:+.1f} MiB ({first:.1f} to {last:.1f})"
        what = f"{label.work}: growth after the first part"
        verdicts.append(Verdict(NAME, what, f"≤ {_MOST_GROWTH_MIB:g} MiB", measured, last - first <= _MOST_GROWTH_MIB))
    for figure in (_MOST_CONNECTIONS, _MOST_USERS):
        most = results.spread(_DISTINCT_GRANTS, figure).high
        bound = _MAX_GRANTS + _SPARE_CONNECTIONS
        verdicts.append(Verdict(NAME, f"{_DISTINCT_GRANTS.work}: {figure}", f"≤ {bound}", f"{most:.0f}", most <= bound))
    return verdicts
