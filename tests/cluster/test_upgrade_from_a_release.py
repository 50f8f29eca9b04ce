"""From what an earlier release installed and made to this version: which pods restart, and what stays.

`tests/fixtures` has what each of these releases left behind. The control plane of these tests has no node: in place of a kubelet, they
report the pods that StatefulSets make as running.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from kuberedis_core.crd.names import FIELD_MANAGER, RESTART_HASH, claim_name
from tests.harness.cluster import condition
from tests.harness.control_plane import running_control_plane
from tests.harness.images import ROOT
from tests.harness.kubectl import Kubectl
from tests.harness.objects import Body, Objects
from tests.harness.operator import Operator
from tests.harness.waiting import wait_until
from tests.install.manifests import objects as parsed

NAMESPACE = "team-a"
RELEASES = ROOT / "tests/fixtures"


@dataclass(frozen=True)
class Upgrade:
    """What the upgrade notes say of an upgrade from a release.

    Args:
        restarts: whether pods differ, so that every instance restarts once; if not, the sidecar's image of that release stays.
        refused: samples of that release that this version takes no longer: they keep what they have, their pod included.
        permission: settings of the operator that permit what they have.
        members: samples of three members. One follows the other as their sidecars report, and here is none; tests/cluster/ha has them.
    """

    restarts: bool
    refused: frozenset[str] = frozenset()
    permission: Mapping[str, str] = field(default_factory=dict)
    members: frozenset[str] = frozenset()


UPGRADES = {
    "0.1.0": Upgrade(
        restarts=True,
        refused=frozenset({"orders", "sessions"}),
        permission={
            "KUBEREDIS_ALLOWED_POD_LABELS": "example.com/team",
            "KUBEREDIS_ALLOWED_TOLERATIONS": "example.com/dedicated",
            "KUBEREDIS_ALLOWED_ROUTE_ANNOTATIONS": "cert-manager.io/cluster-issuer",
        },
    ),
    "0.2.0": Upgrade(restarts=True, members=frozenset({"checkout"})),
}
PAUSED = "user-session-cache"
"""The instance that is not to restart yet."""
SYSTEM = Kubectl("kuberedis-system")

_LIMIT_SECONDS = 120
_UNDER_WAY = frozenset({"", "Paused", "PodNotReady", "PullingImage", "Restarting", "Stalled"})
"""Reasons of the condition Progressing before and while pods are replaced; what it waits for then, such as an ingress, is not here."""
_STARTED = "2026-01-01T00:00:00Z"
_PROGRESS = (r"^kuberedis_operator_reconciles_total{.*} (.+)$", r"^kuberedis_operator_queue_length(?:{.*})? (.+)$")
"""Lines of the operator's metrics: how often it has reconciled an instance, and how many wait for it."""


@dataclass(frozen=True)
class Cluster:
    """A cluster in which a release was installed, with the samples as instances."""

    kubectl: Kubectl
    objects: Objects
    instances: tuple[str, ...]

    def pods(self) -> dict[str, str]:
        """The uids of the pods by their names."""
        return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in self.objects.list("Pod", NAMESPACE)}

    def restarted(self, pods: Mapping[str, str]) -> set[str]:
        """The instances that have other pods than those of these uids."""
        return {name.rpartition("-")[0] for name, uid in self.pods().items() if pods[name] != uid}

    def refused(self) -> set[str]:
        """The instances whose spec is not allowed, as their status says."""
        bodies = self.objects.list("RedisHttpInstance", NAMESPACE)
        return {body["metadata"]["name"] for body in bodies if condition(body, "Degraded")[1] == "NotAllowed"}

    def run_pods(self) -> bool:
        """Report the pods that there are as running, with their images; whether there are those that StatefulSets want, and no other."""
        pods = self.objects.list("Pod", NAMESPACE)
        for pod in pods:
            if pod["status"]["phase"] == "Pending":
                status = json.dumps({"status": _running(pod)})
                self.kubectl.run("patch", "pod", pod["metadata"]["name"], "--subresource=status", "--type=merge", "--patch", status)
        wanted = {
            f"{body['metadata']['name']}-{ordinal}"
            for body in self.objects.list("StatefulSet", NAMESPACE)
            for ordinal in range(body["spec"]["replicas"])
        }
        return {pod["metadata"]["name"] for pod in pods} == wanted

    def lasting(self) -> dict[str, Any]:
        """What clients and data depend on: keys, addresses, routes and volumes, by the name of the object."""
        lasting = {}
        for name in self.instances:
            for kind, child in (("Service", f"{name}-http"), ("Ingress", name), ("PersistentVolumeClaim", claim_name(name))):
                if (body := self.objects.get(kind, NAMESPACE, child)) is not None:
                    lasting[f"{kind} {child}"] = (body["metadata"]["uid"], body["spec"].get("clusterIP"), body["spec"].get("rules"))
            secret = self.objects.get("Secret", NAMESPACE, f"{name}-auth") or {}
            lasting[f"Secret {name}-auth"] = secret["data"]["api_key"]
        return lasting

    def is_upgraded(self, name: str) -> bool:
        """Whether the operator reports that nothing is under way for an instance, and its pods were made from the present template."""
        body, stateful_set = (self.objects.get(kind, NAMESPACE, name) for kind in ("RedisHttpInstance", "StatefulSet"))
        if body is None or stateful_set is None or body.get("status", {}).get("observedGeneration") != body["metadata"]["generation"]:
            return False
        holders = [stateful_set["spec"]["template"], *self.objects.list("Pod", NAMESPACE, instance=name)]
        hashes = {(holder["metadata"].get("annotations") or {}).get(RESTART_HASH) for holder in holders}
        return len(hashes) == 1 and condition(body, "Progressing")[1] not in _UNDER_WAY


@pytest.fixture(params=sorted(UPGRADES))
def release(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def cluster(release: str, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster as this release left it, with a running pod for each instance."""
    (tmp_path / "control-plane").mkdir()
    with running_control_plane(tmp_path / "control-plane") as plane:
        kubectl = Kubectl(NAMESPACE)
        kubectl.out("create", "namespace", NAMESPACE)
        SYSTEM.out("apply", "--filename", str(RELEASES / release / "install.yaml"))
        kubectl.out("wait", "crd/redishttpinstances.cache.yourcompany.com", "--for=create", "--for=condition=Established")
        kubectl.out("apply", "--filename", str(RELEASES / release / "instances.yaml"))
        objects = Objects(str(plane.kubeconfig))
        uids = {body["metadata"]["name"]: body["metadata"]["uid"] for body in objects.list("RedisHttpInstance", NAMESPACE)}
        children = yaml.safe_dump_all(
            _of_owners(child, uids) for child in yaml.safe_load_all((RELEASES / release / "children.yaml").read_text())
        )
        kubectl.out("apply", "--server-side", f"--field-manager={FIELD_MANAGER}", "--filename=-", stdin=children)
        cluster = Cluster(kubectl, objects, tuple(uids))
        wait_until(cluster.run_pods, limit_seconds=_LIMIT_SECONDS, what="the pods of the release", every_seconds=0.2)
        yield cluster


@pytest.fixture
def operator(release: str, tmp_path: Path) -> Iterator[Operator]:
    """The operator of this version, not yet started."""
    manifest = ROOT / "config/operator-deployment.yaml" if UPGRADES[release].restarts else RELEASES / release / "install.yaml"
    deployment = parsed(manifest.read_text())["Deployment", "kuberedis-system", "kuberedis-operator"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    settings = {variable["name"]: variable["value"] for variable in container["env"] if "value" in variable}
    operator = Operator(tmp_path, settings)
    yield operator
    operator.stop()
    assert "Traceback" not in operator.log()
    assert '"level":"error"' not in operator.log()


def test_an_upgrade_restarts_what_its_notes_say_and_keeps_keys_addresses_and_volumes(
    release: str, cluster: Cluster, operator: Operator
) -> None:
    upgrade, lasting, pods = UPGRADES[release], cluster.lasting(), cluster.pods()
    instances = set(cluster.instances) - upgrade.members
    cluster.kubectl.out("patch", "rhi", PAUSED, "--type=merge", '--patch={"spec": {"paused": true}}')
    SYSTEM.out("apply", "--filename", str(ROOT / "config"))
    operator.start()
    at_once = instances - {PAUSED} - upgrade.refused
    _wait_for_upgrade(cluster, operator, at_once)
    assert cluster.restarted(pods) == (at_once if upgrade.restarts else set())
    assert cluster.refused() == upgrade.refused

    cluster.kubectl.out("patch", "rhi", PAUSED, "--type=merge", '--patch={"spec": {"paused": false}}')
    _wait_for_upgrade(cluster, operator, {PAUSED})
    operator.stop()
    operator.set(**upgrade.permission)
    operator.start()
    _wait_for_upgrade(cluster, operator, instances)
    assert cluster.restarted(pods) == (instances if upgrade.restarts else set())
    assert cluster.lasting() == lasting

    pods = cluster.pods()
    operator.stop()
    operator.start()
    _wait_for_upgrade(cluster, operator, instances)
    assert (cluster.restarted(pods), operator.writes()) == (set(), {})


def _wait_for_upgrade(cluster: Cluster, operator: Operator, instances: set[str]) -> None:
    """Do what a kubelet does until the operator has nothing to do any more, and the pods of these instances are up to date."""

    def is_done() -> bool:
        reconciles, waiting = (sum(map(float, re.findall(pattern, operator.metrics(), re.MULTILINE))) for pattern in _PROGRESS)
        return reconciles >= len(cluster.instances) and not waiting and all(map(cluster.is_upgraded, instances))

    wait_until(lambda: cluster.run_pods() and is_done(), limit_seconds=_LIMIT_SECONDS, what="the upgrade", every_seconds=0.2)


def _of_owners(child: Body, uids: Mapping[str, str]) -> Body:
    """The child, owned by the instance that has the name of its owner here."""
    metadata = child["metadata"]
    owners = [{**owner, "uid": uids[owner["name"]]} for owner in metadata.get("ownerReferences", [])]
    return {**child, "metadata": {**metadata, **({"ownerReferences": owners} if owners else {})}}


def _running(pod: Body) -> Body:
    """What a kubelet reports of a pod whose containers run and are ready."""
    statuses = [
        {
            "name": container["name"],
            "image": container["image"],
            "imageID": container["image"],
            "ready": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": _STARTED}},
        }
        for container in pod["spec"]["containers"]
    ]
    return {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": statuses}
