"""The operator as a process of its own on this machine, against the cluster of KUBECONFIG."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.harness.ports import free_port
from tests.harness.waiting import wait_until

_START_SECONDS = 30
_END_SECONDS = 20
_WRITE = re.compile(
    r'^kuberedis_operator_api_requests_total\{code="(\d+)",resource="(\w+)",verb="(apply|patch|create|delete)"\} ([0-9.]+)$', re.MULTILINE
)


class Operator:
    """One operator.

    Args:
        folder: folder for its log.
        environment: environment variables of its own.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._log = folder / "operator.log"
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""
        """Where it listens, once it runs."""

    def start(self) -> None:
        """Start it and wait until its caches are complete."""
        self.address = f"127.0.0.1:{free_port()}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KUBEREDIS_")}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "kuberedis_operator"],
                env=environment | self._environment | {"KUBEREDIS_LISTEN": self.address},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: self.answers("/readyz"), limit_seconds=_START_SECONDS, what="the operator's caches")

    def set(self, **environment: str) -> None:
        """Add variables to its environment, for its next start."""
        self._environment |= environment

    def stop(self, *, kill: bool = False) -> None:
        """Stop it with SIGTERM, or with SIGKILL if `kill`."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        self._process.wait(_END_SECONDS)
        self._process = None

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def answers(self, path: str) -> bool:
        """Whether a GET of one of its endpoints returns 200."""
        try:
            return httpx.get(f"http://{self.address}{path}").status_code == 200
        except httpx.HTTPError:
            return False

    def metrics(self) -> str:
        """Its metrics in the text format of Prometheus."""
        return httpx.get(f"http://{self.address}/metrics").text

    def writes(self) -> dict[tuple[str, str, str], float]:
        """Counts of write requests by verb, resource and status code, failed ones included."""
        return {(verb, resource, code): float(number) for code, resource, verb, number in _WRITE.findall(self.metrics())}

    def log(self) -> str:
        """Its log so far."""
        return self._log.read_text()
