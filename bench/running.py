"""Starts the measured programs as processes and waits until they serve."""

import http.client
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bench.errors import BenchError

_START_SECONDS = 20.0
_END_SECONDS = 30.0


@contextmanager
def process(command: list[str], output: Path, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a program until the block ends, then stops it with SIGTERM. Its output goes to the file `output`."""
    with output.open("wb") as file:
        running = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def wait(
    running: subprocess.Popen[bytes], condition: Callable[[], bool], what: str, *, within: float = _START_SECONDS, every: float = 0.001
) -> None:
    """Waits for a condition, which is polled often because the waiting time is itself a figure.

    Args:
        running: process that is expected to fulfil the condition.
        condition: returns whether the wait is over.
        what: name of the program, for error messages.
        within: limit in seconds.
        every: seconds between polls; long enough that polling does not delay the program.

    Raises:
        BenchError: The process ended, or the limit was exceeded.
    """
    deadline = time.monotonic() + within
    while not condition():
        if running.poll() is not None:
            raise BenchError(f"{what} exited with code {running.returncode} instead of serving")
        if time.monotonic() > deadline:
            raise BenchError(f"{what} was not ready within {within:.0f} s")
        time.sleep(every)


def answers_ok(url: str, authorization: str = "") -> bool:
    """Whether a GET is answered with 200."""
    # Not httpx: creating its TLS context takes longer than some servers take to start.
    target = urlsplit(url)
    connection = http.client.HTTPConnection(target.netloc, timeout=_START_SECONDS)
    try:
        connection.request("GET", target.path, headers={"Authorization": authorization})
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
