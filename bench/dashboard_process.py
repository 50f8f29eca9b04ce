"""Runs the dashboard as a process, asks it for pages, and holds streams open, as somebody behind an authenticating proxy would."""

import html
import http.client
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import running
from bench.dashboard_ground import DashboardGround
from bench.errors import BenchError
from kuberedis_dashboard.settings import KUBERNETES_CA, KUBERNETES_URL, URL

_ROOT = Path(__file__).parent.parent
IN_CLUSTER = "kuberedis_dashboard"
"""The dashboard as it runs in a cluster, where it finds sidecars by the names of Services."""
DIRECT = "tests.dashboard.direct_dashboard"
"""The same with one sidecar behind all instances."""

_SECONDS = 30.0
_CONNECT = re.compile(r'hx-sse:connect="([^"]+)"')


class Stream:
    """An open stream of server-sent events."""

    def __init__(self, port: int, path: str, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
        self._connection.request("GET", path, headers={"Authorization": f"Bearer {token}", "Accept": "text/event-stream"})
        self._response = self._connection.getresponse()
        if self._response.status != http.HTTPStatus.OK:
            raise BenchError(f"the stream {path} answered {self._response.status}")

    def wait_for(self, text: bytes, seconds: float = _SECONDS) -> bool:
        """Read on until a line has `text`, or the stream ends. Returns whether there was such a line.

        Raises:
            BenchError: neither came within `seconds`.
        """
        deadline = time.monotonic() + seconds
        try:
            while line := self._response.readline():
                if text in line:
                    return True
                if time.monotonic() > deadline:
                    break
            else:
                return False
        except TimeoutError:
            pass
        except (OSError, http.client.HTTPException):
            return False
        raise BenchError(f"a stream had no {text.decode()!r} within {seconds:.0f} s")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass(frozen=True)
class Dashboard:
    """A running dashboard."""

    pid: int
    port: int

    @property
    def origin(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    def page(self, path: str, token: str) -> str | None:
        """The HTML of a page; None if the path is not that of a page.

        Raises:
            BenchError: the dashboard does not answer.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            response = connection.getresponse()
            content = response.read().decode(errors="replace")
        except OSError as error:
            raise BenchError(f"the dashboard does not answer {path}: {error}") from None
        finally:
            connection.close()
        is_page = response.status == http.HTTPStatus.OK and "<html" in content[:1000]
        return content if is_page else None

    def stream_of(self, path: str, token: str) -> str:
        """The path of the stream that keeps a page up to date.

        Raises:
            BenchError: the page has none.
        """
        found = _CONNECT.search(self.page(path, token) or "")
        if found is None:
            raise BenchError(f"{path} is not a page with a stream of events (an element with hx-sse:connect)")
        return html.unescape(found[1])

    @contextmanager
    def stream(self, path: str, token: str) -> Iterator[Stream]:
        """An open stream, after its first event.

        Args:
            path: its path, of `stream_of`.
            token: whose it is.
        """
        stream = Stream(self.port, path, token)
        try:
            stream.wait_for(b"data:")
            yield stream
        finally:
            stream.close()


@contextmanager
def dashboard(python: str, module: str, ground: DashboardGround, sidecar: str, output: Path) -> Iterator[Dashboard]:
    """A new dashboard, run by the interpreter `python` until the block ends.

    Args:
        python: interpreter, ideally with only the packages of the dashboard's image.
        module: `IN_CLUSTER` or `DIRECT`.
        ground: the API server.
        sidecar: where the sidecar of every instance listens.
        output: file for its log.
    """
    port = running.free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("KUBEREDIS_", "OTEL_"))}
    settings = {
        URL: f"http://127.0.0.1:{port}",
        "KUBEREDIS_LISTEN": f"127.0.0.1:{port}",
        KUBERNETES_URL: ground.plane.url,
        KUBERNETES_CA: str(ground.plane.authority),
        "SIDECAR": sidecar,
        "PYTHONPATH": str(_ROOT),
    }
    with running.process([python, "-m", module], output, inherited | settings) as process:
        running.wait(process, lambda: running.answers_ok(f"http://127.0.0.1:{port}/healthz"), "the dashboard", within=_SECONDS, every=0.02)
        yield Dashboard(process.pid, port)
