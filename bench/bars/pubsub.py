"""Pub/Sub: processor time per delivered message beside webdis, when many streams have the same channel."""

import subprocess
import sys
import time
from functools import partial

from bench import placement, process, work
from bench.contenders import BASE_PATH, Sidecar, Webdis
from bench.errors import BenchError
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from bench.stage import Stage

NAME = "pubsub"
TOOLS = ["redis-server", "webdis"]
STREAMS = 400
_MESSAGES_PER_SECOND = 50
_CHANNEL = "bench"
_WORK = f"{_MESSAGES_PER_SECOND} messages per second of 32 bytes"
_PEER = Label(NAME, _WORK, "webdis")
_JUDGED = Label(NAME, _WORK, "sidecar")
_FIGURE = "CPU µs/delivered message"
_RATIO = 0.5


def bar(stage: Stage) -> Bar:
    """The same number of streams of one channel, in the format of each."""
    webdis, sidecar = stage.webdis, stage.sidecar_for_streams
    cases = [
        Case(_PEER, partial(_run, stage, webdis, f"/SUBSCRIBE/{_CHANNEL}", webdis.threads)),
        Case(_JUDGED, partial(_run, stage, sidecar, f"{BASE_PATH}/subscribe/{_CHANNEL}", sidecar.workers)),
    ]
    return Bar(NAME, f"Pub/Sub, {STREAMS} streams of one channel", cases, _judge)


def _run(stage: Stage, server: Webdis | Sidecar, path: str, cores: int) -> Sample:
    messages = int(stage.seconds * _MESSAGES_PER_SECOND)
    command = [
        sys.executable,
        "-m",
        "bench.audience",
        server.origin,
        path,
        server.authorization,
        str(STREAMS),
        work.SMALL.value,
        str(messages),
    ]
    with (
        placement.placed(server.pid, stage.supporting, cores),
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as audience,
    ):
        try:
            _expect(audience, "ready")
            busy = process.cpu_seconds(server.pid)
            _publish(stage, messages)
            _expect(audience, "complete")
            busy = process.cpu_seconds(server.pid) - busy
        finally:
            audience.kill()
    return {_FIGURE: busy / (messages * STREAMS) * 1e6}


def _expect(audience: subprocess.Popen[str], line: str) -> None:
    if audience.stdout is None or audience.stdout.readline() != f"{line}\n":
        raise BenchError(f"the subscribers have ended, and were not {line}")


def _publish(stage: Stage, messages: int) -> None:
    """Publish at a steady rate."""
    with stage.redis.client() as client:
        begin = time.perf_counter()
        for number in range(1, messages + 1):
            client.publish(_CHANNEL, work.SMALL.value)
            time.sleep(max(0.0, begin + number / _MESSAGES_PER_SECOND - time.perf_counter()))


def _judge(results: Results) -> list[Verdict]:
    ratio = results.ratio(_JUDGED, _PEER, _FIGURE)
    return [Verdict.at_most(NAME, f"{STREAMS} streams of a channel: processor time of a delivered message beside webdis", ratio, _RATIO)]
