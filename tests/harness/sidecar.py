"""The sidecar as its users run it: a process of its own, configured by its environment, watched by its logs."""

import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.harness.redis_server import RedisServer
from tests.harness.waiting import wait_until

_START_SECONDS = 30
_END_SECONDS = 10

Log = dict[str, Any]


class Lines:
    """The output of a process, read by a thread of its own so that the process never blocks on a full pipe."""

    def __init__(self, stream: IO[str]) -> None:
        self._lines: list[str] = []
        self._wanted = threading.Event()
        self._wanted.set()
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._lines.append(line)
                self._wanted.wait()

    @contextmanager
    def unread(self) -> Iterator[None]:
        """Read at most one more buffer until the end of the block, so that the process has to do with a full pipe."""
        self._wanted.clear()
        try:
            yield
        finally:
            self._wanted.set()

    def so_far(self) -> list[str]:
        """The lines written until now."""
        return self._lines.copy()

    def to_the_end(self) -> list[str]:
        """All lines of a process that has ended."""
        self._thread.join(_END_SECONDS)
        return self.so_far()


@dataclass
class Sidecar:
    """One running sidecar: its address, its key and its process."""

    instance: str
    base_path: str
    auth_dir: Path
    process: subprocess.Popen[str]
    _output: Lines
    _errors: Lines
    address: str = field(default="", init=False)

    @property
    def pid(self) -> int:
        """The process id of the sidecar."""
        return self.process.pid

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{self.address}"

    @property
    def url(self) -> str:
        """URL for clients: the origin and the base path."""
        return self.origin + self.base_path

    @property
    def api_key(self) -> str:
        """The instance key as it is in the auth folder now."""
        return (self.auth_dir / "api_key").read_text().strip()

    def logs(self) -> list[Log]:
        """The log lines so far; every line on standard output must be JSON."""
        return [json.loads(line) for line in self._output.so_far()]

    def unread(self) -> AbstractContextManager[None]:
        """Nobody reads its standard output until the end of the block."""
        return self._output.unread()

    def errors(self) -> str:
        """What the sidecar wrote to standard error so far."""
        return "".join(self._errors.so_far())

    def wait_for_listening(self) -> None:
        """Wait for the log line that names the address."""

        def listening() -> list[Log]:
            if self.process.poll() is not None:
                raise RuntimeError(f"the sidecar ended with {self.process.returncode}:\n{self._everything()}")
            return [line for line in self.logs() if line.get("event") == "listening"]

        self.address = wait_until(listening, limit_seconds=_START_SECONDS, what="the sidecar's line 'listening'")[0]["address"]

    def is_ready(self) -> bool:
        """Whether /readyz returns 200 now."""
        connection = http.client.HTTPConnection(self.address, timeout=_END_SECONDS)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def wait_until_ready(self) -> None:
        """Wait until /readyz returns 200."""
        wait_until(self.is_ready, what="/readyz")

    def terminate(self, *, limit_seconds: float = _END_SECONDS) -> int:
        """Send SIGTERM, wait for the end and return the exit code.

        Raises:
            subprocess.TimeoutExpired: The sidecar did not end within the limit.
        """
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(limit_seconds)

    def end(self) -> None:
        """Terminate the sidecar, or kill it if it does not end in time.

        Raises:
            AssertionError: It had written a stack trace, which nothing that a client or Redis does may cause.
        """
        if self.process.poll() is None:
            try:
                self.terminate()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        everything = self._everything()
        assert "Traceback (most recent call last)" not in everything, everything

    def _everything(self) -> str:
        return "".join(self._output.to_the_end() + self._errors.to_the_end())


StartSidecar = Callable[..., Sidecar]
"""Type of the fixture `start_sidecar`: `start_sidecar(redis_server, **environment)`."""


def make_auth_dir(folder: Path) -> Path:
    """Fill `folder` like a mounted Secret, with one file that holds the instance key."""
    (folder / "api_key").write_text(secrets.token_urlsafe(32))
    return folder


def sidecar_environ(redis_server: RedisServer | None, auth_dir: Path, overrides: dict[str, str]) -> dict[str, str]:
    """The environment of a sidecar in front of `redis_server` on a free port; nothing leaks in from the test's own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("KUBEREDIS_", "OTEL_"))}
    environ = {
        "KUBEREDIS_INSTANCE": "test-cache",
        "KUBEREDIS_LISTEN": "127.0.0.1:0",
        "KUBEREDIS_AUTH_DIR": str(auth_dir),
    }
    if redis_server is not None:
        environ["KUBEREDIS_REDIS_URL"] = redis_server.url
        environ["KUBEREDIS_REDIS_PASSWORD_FILE"] = str(redis_server.password_file)
    return inherited | environ | overrides


def launch(environ: dict[str, str], prefix: Sequence[str] = (), module: Sequence[str] = ("kuberedis_sidecar",)) -> Sidecar:
    """Start `python -m kuberedis_sidecar` with exactly this environment and wait until it listens.

    Args:
        environ: The environment.
        prefix: What the command begins with.
        module: Another module that runs the sidecar, and its arguments.
    """
    process = subprocess.Popen(
        [*prefix, sys.executable, "-m", *module],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    instance = environ["KUBEREDIS_INSTANCE"]
    sidecar = Sidecar(
        instance=instance,
        base_path=environ.get("KUBEREDIS_BASE_PATH", f"/instances/{instance}"),
        auth_dir=Path(environ["KUBEREDIS_AUTH_DIR"]),
        process=process,
        _output=Lines(process.stdout),
        _errors=Lines(process.stderr),
    )
    try:
        sidecar.wait_for_listening()
    except BaseException:
        process.kill()
        process.wait()
        raise
    return sidecar
