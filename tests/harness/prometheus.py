"""A real Prometheus on loopback, with its data in a temporary folder."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml

from tests.harness.ports import free_port
from tests.harness.waiting import wait_until

SCRAPE_SECONDS = 2
"""How often it reads its targets."""
_START_SECONDS = 30
_END_SECONDS = 20


class Target(NamedTuple):
    """What it reads: an address, and the labels of its series."""

    address: str
    labels: dict[str, str]
    honor_labels: bool = False


class Prometheus:
    """One Prometheus.

    Args:
        folder: empty folder for its configuration, data and log.
        targets: what it reads.
        rules: a file of rules.
    """

    def __init__(self, folder: Path, targets: Sequence[Target], rules: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._address = f"127.0.0.1:{free_port()}"
        self._client = httpx.Client(base_url=self.url, trust_env=False)
        jobs = [
            {
                "job_name": f"target-{number}",
                "honor_labels": target.honor_labels,
                "static_configs": [{"targets": [target.address], "labels": target.labels}],
            }
            for number, target in enumerate(targets)
        ]
        configuration = {
            "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "scrape_timeout": f"{SCRAPE_SECONDS}s", "evaluation_interval": "1s"},
            "rule_files": [str(rules)],
            "scrape_configs": jobs,
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration))

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://{self._address}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    shutil.which("prometheus") or "prometheus",
                    f"--config.file={self._folder / 'prometheus.yaml'}",
                    f"--storage.tsdb.path={self._folder / 'data'}",
                    f"--web.listen-address={self._address}",
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(self._is_ready, limit_seconds=_START_SECONDS, what="Prometheus")

    def stop(self) -> None:
        """End it."""
        self._client.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_END_SECONDS)

    def query(self, expression: str, at: float | None = None) -> list[dict[str, Any]]:
        """The series of an expression.

        Args:
            expression: What to evaluate.
            at: Unix time for which it is evaluated; None for now.

        Raises:
            AssertionError: It is refused.
        """
        time = {} if at is None else {"time": str(at)}
        answer = self._client.get("/api/v1/query", params={"query": expression, **time}).json()
        assert answer["status"] == "success", f"{expression}: {answer}"
        result = answer["data"]["result"]
        # A scalar is a time and a value.
        return result if answer["data"]["resultType"] == "vector" else [{"metric": {}, "value": result}]

    def names(self) -> set[str]:
        """Names of all metrics that it has read or recorded."""
        return set(self._client.get("/api/v1/label/__name__/values").json()["data"])

    def rules(self) -> dict[str, str]:
        """How the last evaluation of each rule ended, by its name: what went wrong, `ok`, or `unknown` before the first."""
        groups = self._client.get("/api/v1/rules").json()["data"]["groups"]
        return {rule["name"]: rule.get("lastError") or rule["health"] for group in groups for rule in group["rules"]}

    def _is_ready(self) -> bool:
        try:
            return self._client.get("/-/ready").status_code == 200
        except httpx.HTTPError:
            return False
