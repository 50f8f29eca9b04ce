"""The load generators: each call runs a program and parses the figures that it prints.

An unsuccessful response makes the figures worthless, so it ends the run with a BenchError.
"""

import base64
import csv
import json
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench import tools
from bench.contenders import Redis
from bench.errors import BenchError

_SCRIPTS = Path(__file__).parent / "wrk"
_SPARE_SECONDS = 60.0


@dataclass(frozen=True)
class Request:
    """An HTTP request to an origin; `headers` without Host and Content-Length."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def raw(self, origin: str) -> bytes:
        """The request as bytes."""
        headers = {"Host": urlsplit(origin).netloc, **self.headers}
        if self.body:
            headers["Content-Length"] = str(len(self.body))
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


@dataclass(frozen=True)
class Throughput:
    """Number of responses that wrk counted, and its duration."""

    requests: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


@dataclass(frozen=True)
class Latency:
    """Milliseconds from the scheduled time of a request to the end of its response."""

    p50: float
    p99: float
    maximum: float


def wrk(origin: str, requests: list[Request], *, connections: int, seconds: float, folder: Path) -> Throughput:
    """Sends `requests` in turn over `connections` keep-alive connections for `seconds`, as fast as the server responds."""
    script_input = folder / "requests"
    script_input.write_bytes(b"\0".join(request.raw(origin) for request in requests))
    printed = _run_wrk("cycle.lua", connections, seconds, origin, [str(script_input)])
    counted = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m)", printed)
    if counted is None or "Socket errors" in printed or "Non-2xx" in printed:
        raise BenchError(f"{origin} sent unsuccessful responses:\n{printed}")
    unit = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}[counted[3]]
    return Throughput(int(counted[1]), float(counted[2]) * unit)


def wrk_tokens(origin: str, lines: Path, *, number: int, connections: int, most_seconds: float) -> int:
    """Sends one GET per line of a file, each a path, a space and a bearer token, and counts the responses with 200.

    `number` is the number of lines.
    """
    printed = _run_wrk("tokens.lua", connections, most_seconds, origin, [str(lines), str(number)])
    successes = re.search(r"^(\d+) successes$", printed, re.MULTILINE)
    if successes is None:
        raise BenchError(f"{origin} did not answer {number} requests within {most_seconds:.0f} s:\n{printed}")
    return int(successes[1])


def _run_wrk(script: str, connections: int, seconds: float, origin: str, arguments: list[str]) -> str:
    """Runs wrk with one thread: on a small machine a second one costs the servers more than it adds to the load."""
    options = ["-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "10s", "-s", str(_SCRIPTS / script)]
    return _run([tools.find("wrk"), *options, origin, "--", *arguments], seconds)


def vegeta(origin: str, requests: list[Request], *, rate: int, connections: int, seconds: float, folder: Path) -> Latency:
    """Sends `rate` requests per second, whether or not the server keeps up, over at most `connections`.

    The time that a request waits for a connection counts, so a stalled server shows in the figures (no coordinated omission).
    """
    targets = folder / "targets"
    targets.write_text("\n".join(json.dumps(_target(origin, request)) for request in requests))
    results = folder / "results"
    options = [f"-rate={rate}/1s", f"-duration={seconds:.0f}s", f"-connections={connections}"]
    options += [f"-max-connections={connections}", "-format=json", f"-targets={targets}", f"-output={results}"]
    program = tools.find("vegeta")
    _run([program, "attack", *options], seconds)
    report = json.loads(_run([program, "report", "-type=json", str(results)]))
    if report["success"] != 1:
        raise BenchError(f"{origin} sent unsuccessful responses: {report['status_codes']} {report['errors']}")
    nanoseconds = report["latencies"]
    return Latency(nanoseconds["50th"] / 1e6, nanoseconds["99th"] / 1e6, nanoseconds["max"] / 1e6)


def _target(origin: str, request: Request) -> dict[str, object]:
    return {
        "method": request.method,
        "url": origin + request.path,
        "header": {name: [value] for name, value in request.headers.items()},
        "body": base64.b64encode(request.body).decode(),
    }


def redis_benchmark(redis: Redis, command: Iterable[str], *, keys: int, depth: int, connections: int, number: int) -> float:
    """Commands per second when `command` is sent to Redis `number` times, `depth` at a time per connection.

    `__rand_int__` in an argument is replaced by a number of twelve digits, below `keys`.
    """
    options = ["-p", str(redis.port), "-a", redis.password, "-P", str(depth), "-c", str(connections)]
    options += ["-n", str(number), "-r", str(keys), "--csv", "--precision", "3"]
    printed = _run([tools.find("redis-benchmark"), *options, *command])
    rows = [row for row in csv.reader(printed.splitlines()) if row]
    if len(rows) != 2:
        raise BenchError(f"redis-benchmark printed no figures:\n{printed}")
    return float(rows[1][rows[0].index("rps")])


def _run(command: list[str], seconds: float = 0.0) -> str:
    """The output of a program, which may run a minute longer than `seconds`."""
    try:
        finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + _SPARE_SECONDS)
    except subprocess.TimeoutExpired as expired:
        raise BenchError(f"{command[0]} did not end within {expired.timeout:.0f} s") from None
    if finished.returncode != 0:
        raise BenchError(f"{command[0]} exited with {finished.returncode}:\n{finished.stdout}{finished.stderr}")
    return finished.stdout
