"""The dashboard as it runs in a cluster: a process of its own, configured by its environment, in front of a real API server."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.harness.control_plane import ControlPlane
from tests.harness.ports import free_port
from tests.harness.sidecar import Lines
from tests.harness.waiting import wait_until

_START_SECONDS = 30


@dataclass(frozen=True)
class Dashboard:
    """One running dashboard.

    Args:
        port: its port on loopback.
        process: its process.
        output: its log.
    """

    port: int
    process: subprocess.Popen[str]
    output: Lines

    @property
    def origin(self) -> str:
        """Where browsers reach it."""
        return f"http://127.0.0.1:{self.port}"

    def is_healthy(self) -> bool:
        """Whether it answers its probe."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


@contextmanager
def running_dashboard(
    plane: ControlPlane, environ: Mapping[str, str] | None = None, module: str = "kuberedis_dashboard"
) -> Iterator[Dashboard]:
    """Run a dashboard until the end of the block. A stack trace or a warning of Python in its log is an error.

    Args:
        plane: what it asks.
        environ: what its environment has besides.
        module: another module that runs it.
    """
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "KUBEREDIS_DASHBOARD_URL": f"http://127.0.0.1:{port}",
        "KUBEREDIS_KUBERNETES_URL": plane.url,
        "KUBEREDIS_KUBERNETES_CA": str(plane.authority),
        "KUBEREDIS_LISTEN": f"127.0.0.1:{port}",
        **(environ or {}),
    }
    process = subprocess.Popen([sys.executable, "-m", module], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    dashboard = Dashboard(port, process, Lines(process.stdout))
    try:
        wait_until(lambda: dashboard.is_healthy() or process.poll() is not None, limit_seconds=_START_SECONDS, what="the dashboard")
        assert process.poll() is None, dashboard.output.to_the_end()
        yield dashboard
    finally:
        process.terminate()
        process.wait(timeout=10)
    assert [line for line in dashboard.output.to_the_end() if "Traceback" in line or "Warning: " in line] == []
