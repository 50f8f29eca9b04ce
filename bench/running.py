"""Starting what is measured as processes of their own, and waiting until they serve."""

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
    """Runs until the block ends; SIGTERM then has to be enough. What it says goes to `output`."""
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
    """Looks every millisecond, or as often as its looking does not delay what it waits for: the time to get there is itself a figure."""
    deadline = time.monotonic() + within
    while not condition():
        if running.poll() is not None:
            raise BenchError(f"{what} ended with exit code {running.returncode} instead of serving")
        if time.monotonic() > deadline:
            raise BenchError(f"{what} was not ready within {within:.0f} s")
        time.sleep(every)


def answers_ok(url: str, authorization: str = "") -> bool:
    """Whether a GET is answered with 200."""
    # Not httpx: making its TLS context takes longer than some servers take to start.
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
    """A port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
