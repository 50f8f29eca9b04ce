"""The operator as `kubectl apply` installs it, with this working copy's images and the settings that the test cluster needs."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.usage.processes import kill_pod
from tests.harness.cluster import Namespace
from tests.harness.images import ROOT
from tests.harness.objects import Body, Objects
from tests.harness.waiting import wait_until

NAMESPACE = "kuberedis-system"
DEPLOYMENT = "deployment/kuberedis-operator"

_SETTINGS = {
    "KUBEREDIS_REDIS_IMAGE": "localhost/redis:{version}",
    "KUBEREDIS_VALKEY_IMAGE": "localhost/valkey:{version}",
    "KUBEREDIS_INGRESS_CLASS": "contour",
    "KUBEREDIS_GATEWAY": "projectcontour/contour",
    "KUBEREDIS_DASHBOARD_NAMESPACE": NAMESPACE,
    "KUBEREDIS_ROUTE_HOLD_SECONDS": "5",
}
_POLICY = {
    "KUBEREDIS_HOSTS": "*=redis.example.com",
    "KUBEREDIS_ALLOWED_POD_LABELS": "example.com/*",
    "KUBEREDIS_ALLOWED_POD_ANNOTATIONS": "example.com/*",
}
_METRICS_POLICY = "metrics-policy.yaml"
_START_SECONDS = 60
_READS = {"get", "list", "watch"}


class Operator:
    """The operator in the cluster.

    Args:
        objects: Of the cluster.
        overlay: An empty folder, for a kustomization.
    """

    def __init__(self, objects: Objects, overlay: Path) -> None:
        self.kubectl = Namespace(NAMESPACE)
        self._objects = objects
        self._overlay = overlay

    def install(self, images: dict[str, str]) -> None:
        """Install it, with these images for `operator` and `sidecar`, and wait until it works."""
        (self._overlay / "kustomization.yaml").write_text(yaml.safe_dump(_kustomization(self._overlay, images)))
        (self._overlay / _METRICS_POLICY).write_text(yaml.safe_dump(_metrics_policy()))
        self.kubectl("apply", "--kustomize", str(self._overlay))
        self.wait_until_ready()

    def manifests(self) -> str:
        """What was applied."""
        return self.kubectl("kustomize", str(self._overlay))

    def uninstall(self) -> None:
        """Remove it. The custom resource stays: instances of others would go with it."""
        try:
            self.assert_no_fault()
        finally:
            for manifest in ("operator-deployment.yaml", "admission-policy.yaml"):
                self.kubectl("delete", "--filename", str(ROOT / "config" / manifest), "--ignore-not-found", "--timeout=50s")

    def set(self, **settings: str) -> None:
        """Give its Deployment other settings, an empty one being none, which starts another pod; and wait until that works."""
        self.assert_no_fault()
        pairs = [f"KUBEREDIS_{name}={value}" if value else f"KUBEREDIS_{name}-" for name, value in settings.items()]
        self.kubectl("set", "env", DEPLOYMENT, *pairs)
        self.wait_until_ready()

    def restart(self) -> None:
        """Have another pod in place of this one, as an upgrade does, and wait until it works."""
        self.assert_no_fault()
        self.kubectl("rollout", "restart", DEPLOYMENT)
        self.wait_until_ready()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Scale it down to nothing, and up again afterwards."""
        self.assert_no_fault()
        self.kubectl("scale", DEPLOYMENT, "--replicas=0")
        wait_until(lambda: not self._pods(), limit_seconds=_START_SECONDS, what="the end of the operator")
        try:
            yield
        finally:
            self.kubectl("scale", DEPLOYMENT, "--replicas=1")
            self.wait_until_ready()

    def kill(self) -> None:
        """End it with SIGKILL, as a crash or a lack of memory would; its pod starts it again."""
        kill_pod(self.pod()["metadata"]["uid"])

    def pod(self) -> Body:
        """Its one pod."""
        (pod,) = self._pods()
        return pod

    def restarts(self) -> int:
        """How often its container ended."""
        return int(self.pod()["status"]["containerStatuses"][0]["restartCount"])

    def wait_until_done(self, instances: int) -> None:
        """Wait until it has reconciled that many instances since its start and its queue is empty."""
        wait_until(lambda: self._reconciles() >= instances and self._waiting() == 0, limit_seconds=_START_SECONDS, what="the first resync")

    def writes(self) -> dict[str, float]:
        """Counts of its write requests since its start, by `verb resource`."""
        return {
            f"{labels['verb']} {labels['resource']}": value
            for name, labels, value in self._metrics()
            if name == "kuberedis_operator_api_requests_total" and labels["verb"] not in _READS
        }

    def assert_no_fault(self) -> None:
        """Hold that its log has neither a stack trace nor a fault of its own."""
        log = self.kubectl("logs", DEPLOYMENT, "--tail=-1")
        assert not re.search(r'Traceback|"level": ?"error"', log), log

    def wait_until_ready(self) -> None:
        """Wait until it runs as its Deployment says, and its former pod is gone."""
        self.kubectl("rollout", "status", DEPLOYMENT, f"--timeout={_START_SECONDS - 5}s")
        wait_until(lambda: len(self._pods()) == 1, limit_seconds=_START_SECONDS, what="the end of the former operator")

    def _pods(self) -> list[Body]:
        return self._objects.list("Pod", NAMESPACE, name="kuberedis-operator")

    def _reconciles(self) -> float:
        return sum(value for name, _, value in self._metrics() if name == "kuberedis_operator_reconciles_total")

    def _waiting(self) -> float:
        return sum(value for name, _, value in self._metrics() if name == "kuberedis_operator_queue_length")

    def _metrics(self) -> list[tuple[str, dict[str, str], float]]:
        page = httpx.get(f"http://{self.pod()['status']['podIP']}:8080/metrics", trust_env=False).raise_for_status().text
        return [(sample.name, sample.labels, sample.value) for family in text_string_to_metric_families(page) for sample in family.samples]


def _metrics_policy() -> Body:
    """What lets these tests read the operator's metrics: its own NetworkPolicy lets nobody."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "metrics", "namespace": NAMESPACE},
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": "kuberedis-operator"}},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"protocol": "TCP", "port": 8080}]}],
        },
    }


def _kustomization(folder: Path, images: dict[str, str]) -> Body:
    """A kustomization over config/, as a platform's own would be."""
    environment = _SETTINGS | {"KUBEREDIS_SIDECAR_IMAGE": images["sidecar"]}
    container = {"name": "operator", "env": [{"name": name, "value": value} for name, value in environment.items()]}
    patch = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "kuberedis-operator", "namespace": NAMESPACE},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    policy = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kuberedis-policy", "namespace": NAMESPACE},
        "data": _POLICY,
    }
    name, _, tag = images["operator"].rpartition(":")
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [os.path.relpath(ROOT / "config", folder.resolve()), _METRICS_POLICY],
        "images": [{"name": "localhost/kuberedis-operator", "newName": name, "newTag": tag}],
        "patches": [{"patch": yaml.safe_dump(each)} for each in (patch, policy)],
    }
