"""What a sidecar remembers of its callers is bounded: a million tokens, tokens that are refused, a thousand grants."""

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
# Beside the grants' links: the administrator's, and those that retire while others are made already.
_SPARE_LINKS = _CONNECTIONS + 4
_SAMPLE_SECONDS = 0.05
# Caches fill with the first hundred thousand tokens; what comes after may only be the allocator's noise.
_MOST_GROWTH_MIB = 8.0

_FIRST = "MiB after the first part"
_LAST = "MiB after all"
_LINKS = "links at most"
_USERS = "ACL users at most"
_TOKENS = Label(NAME, "1,000,000 distinct tokens", "sidecar")
_REFUSED = Label(NAME, "200,000 distinct refused tokens", "sidecar")
_DISTINCT_GRANTS = Label(NAME, "1,000 distinct grants, 3 times", "sidecar")


def bar(stage: Stage) -> Bar:
    """Each case has a sidecar and, as links are counted, a Redis of its own; each takes long and runs once."""
    cases = [
        Case(_TOKENS, partial(_run_tokens, stage, _FILES, refused=False), once=True),
        Case(_REFUSED, partial(_run_tokens, stage, _REFUSED_FILES, refused=True), once=True),
        Case(_DISTINCT_GRANTS, partial(_run_grants, stage), once=True),
    ]
    return Bar(NAME, "Memory and links with ever new callers", cases, _judge)


def _run_tokens(stage: Stage, files: int, *, refused: bool) -> Sample:
    with tempfile.TemporaryDirectory(dir=stage.folder(NAME)) as name:
        folder = Path(name)
        with contenders.redis(folder) as redis, contenders.sidecar(stage.python, folder, redis) as server:
            work.fill(redis)
            path = f"{contenders.BASE_PATH}/keys/{work.KEYS[0]}"
            # Refused are tokens of another key: what makes them costly to refuse is that all else is right.
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
            client.mset({mint.grant_key(user): work.VALUE for user in range(_GRANTS)})
            file = mint.distinct_grants(folder, server.key, users=_GRANTS)
            resident, links, users = [], 0, 0
            for _ in range(_GRANT_ROUNDS):
                run = generator.submit(_send, server, file, _GRANTS)
                while not run.done():
                    # One client is this measurement's own, one user is Redis' default.
                    links = max(links, len(client.client_list()) - 1)
                    users = max(users, len(client.acl_users()) - 1)
                    wait([run], _SAMPLE_SECONDS)
                if run.result() != _GRANTS:
                    raise BenchError(f"{run.result()} of {_GRANTS} grants were served")
                resident.append(process.resident_mib(server.pid))
            return {_FIRST: resident[0], _LAST: resident[-1], _LINKS: links, _USERS: users}


def _send(server: contenders.Sidecar, file: Path, number: int) -> int:
    return load.wrk_tokens(server.origin, file, number=number, connections=_CONNECTIONS, most_seconds=_MOST_SECONDS)


def _judge(results: Results) -> list[Verdict]:
    verdicts = []
    for label in (_TOKENS, _REFUSED, _DISTINCT_GRANTS):
        first, last = (results.spread(label, figure).median for figure in (_FIRST, _LAST))
        measured = f"{last - first:+.1f} MiB ({first:.1f} to {last:.1f})"
        what = f"{label.work}: growth after the first part"
        verdicts.append(Verdict(NAME, what, f"≤ {_MOST_GROWTH_MIB:g} MiB", measured, last - first <= _MOST_GROWTH_MIB))
    for figure in (_LINKS, _USERS):
        most = results.spread(_DISTINCT_GRANTS, figure).high
        bound = _MAX_GRANTS + _SPARE_LINKS
        verdicts.append(Verdict(NAME, f"{_DISTINCT_GRANTS.work}: {figure}", f"≤ {bound}", f"{most:.0f}", most <= bound))
    return verdicts
