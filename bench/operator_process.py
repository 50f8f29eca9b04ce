"""Runs the operator as a process on this machine, with the permissions and settings that its Deployment would give it."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench import running
from bench.ground import NAMESPACE, Ground

_WRITING = frozenset({"apply", "create", "patch", "delete"})
_START_SECONDS = 120.0
_POLL_SECONDS = 0.02
_SCRAPE_SECONDS = 30.0


@dataclass(frozen=True)
class Counts:
    """Counters from the operator's metrics."""

    reconciles: int
    queued: int
    writes: int
    reads: int


@dataclass(frozen=True)
class Operator:
    """A running operator; `begun` is when its process was started, `ready_seconds` the time until /readyz returned 200."""

    pid: int
    origin: str
    begun: float
    ready_seconds: float

    def counts(self) -> Counts:
        """Its counters since its start."""
        totals = dict.fromkeys(("reconciles", "queued", "writes", "reads"), 0)
        page = httpx.get(f"{self.origin}/metrics", trust_env=False, timeout=_SCRAPE_SECONDS).text
        for sample in (sample for family in text_string_to_metric_families(page) for sample in family.samples):
            if sample.name == "kuberedis_operator_reconciles_total":
                totals["reconciles"] += int(sample.value)
            elif sample.name == "kuberedis_operator_queue_length":
                totals["queued"] = int(sample.value)
            elif sample.name == "kuberedis_operator_api_requests_total":
                totals["writes" if sample.labels["verb"] in _WRITING else "reads"] += int(sample.value)
        return Counts(**totals)


@contextmanager
def operator(python: str, folder: Path, ground: Ground) -> Iterator[Operator]:
    """An operator for the instances of the benchmarks' namespace, run by the interpreter `python`.

    Its settings are the KUBEREDIS_… variables of this process' environment. Its log is a file in `folder`.
    """
    kubeconfig = folder / "kubeconfig.json"
    kubeconfig.write_text(json.dumps(_kubeconfig(ground)))
    kubeconfig.chmod(0o600)
    origin = f"127.0.0.1:{running.free_port()}"
    environment = {
        "KUBEREDIS_SIDECAR_IMAGE": "localhost/kuberedis-sidecar:none",
        "KUBEREDIS_INGRESS_NAMESPACES": "projectcontour",
        "KUBEREDIS_OPERATOR_NAMESPACE": NAMESPACE,
        "KUBEREDIS_ALLOWED_NODE_LABELS": "kuberedis-bench/*",
        "KUBEREDIS_ALLOWED_POD_ANNOTATIONS": "kuberedis-bench/*",
        **os.environ,
        "KUBECONFIG": str(kubeconfig),
        "KUBEREDIS_NAMESPACES": NAMESPACE,
        "KUBEREDIS_LISTEN": origin,
    }
    begun = time.perf_counter()
    with running.process([python, "-m", "kuberedis_operator"], folder / f"operator-{time.time_ns()}.log", environment) as process:
        running.wait(
            process, lambda: running.answers_ok(f"http://{origin}/readyz"), "the operator", within=_START_SECONDS, every=_POLL_SECONDS
        )
        yield Operator(process.pid, f"http://{origin}", begun, time.perf_counter() - begun)


def _kubeconfig(ground: Ground) -> dict[str, object]:
    cluster = {"server": ground.kube.server, "certificate-authority": ground.kube.ca_file}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": cluster}],
        "users": [{"name": "operator", "user": {"token": ground.token()}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "operator"}}],
    }
