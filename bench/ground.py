"""What instances need in a cluster: the CustomResourceDefinition, a namespace, and the operator's service account with its permissions.

The permissions are those of config/operator-deployment.yaml. Because the operator has its own account, the API server can count its writes:
a FlowSchema matches them, and there is a counter for each FlowSchema (https://kubernetes.io/docs/reference/instrumentation/metrics/).
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from bench.errors import BenchError
from bench.kube import Kube

NAMESPACE = "kuberedis-bench"

_CONFIG = Path(__file__).parent.parent / "config"
_ACCOUNT = "operator"
_CLUSTER_WIDE = "kuberedis-bench-operator"
_NAMESPACES = "/api/v1/namespaces"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_FLOW_SCHEMAS = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas"
_DEPLOYMENTS = "/apis/apps/v1/deployments"
_WRITING = ["create", "update", "patch", "delete", "deletecollection"]
# Service accounts have this priority level anyway, so counting does not change the operator's priority.
_LEVEL = "workload-low"
_TOKEN_SECONDS = 4 * 3600
_GONE_SECONDS = 600.0
_SETTLED_SECONDS = 30.0


class Ground:
    """A prepared cluster."""

    def __init__(self, kube: Kube) -> None:
        self.kube = kube

    def token(self) -> str:
        """A new token of the operator's service account."""
        path = f"{_NAMESPACES}/{NAMESPACE}/serviceaccounts/{_ACCOUNT}/token"
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": _TOKEN_SECONDS}}
        return str(self.kube.create(path, request)["status"]["token"])

    def writes(self) -> int:
        """Number of writes by the operator that the API server has handled so far, including refused ones."""
        series = rf'apiserver_flowcontrol_dispatched_requests_total{{flow_schema="{_CLUSTER_WIDE}",[^}}]*}} (\S+)'
        found = re.search(series, self.kube.text("/metrics"))
        return int(float(found[1])) if found else 0

    def has_nodes(self) -> bool:
        """Whether the cluster has nodes, so that pods can run."""
        return bool(self.kube.items("/api/v1/nodes"))

    def version(self) -> str:
        """Version of the API server."""
        return str((self.kube.get("/version") or {})["gitVersion"]).removeprefix("v")


@contextmanager
def prepared(kube: Kube) -> Iterator[Ground]:
    """Creates everything, and removes it at the end, except the CustomResourceDefinition; an existing one is not changed.

    Raises:
        BenchError: The cluster already has an operator.
    """
    deployments = kube.items(_DEPLOYMENTS, labelSelector="app.kubernetes.io/name=kuberedis-operator")
    if any(deployment["spec"].get("replicas") for deployment in deployments):
        raise BenchError("the cluster already has a kuberedis-operator, and two undo each other's work; scale its Deployment to 0 first")
    _ensure_definition(kube)
    _delete_namespace(kube)
    removed = [f"{_RBAC}/clusterrolebindings/{_CLUSTER_WIDE}", f"{_RBAC}/clusterroles/{_CLUSTER_WIDE}", f"{_FLOW_SCHEMAS}/{_CLUSTER_WIDE}"]
    kube.create(_NAMESPACES, _object("v1", "Namespace", NAMESPACE))
    try:
        kube.create(f"{_NAMESPACES}/{NAMESPACE}/serviceaccounts", _object("v1", "ServiceAccount", _ACCOUNT))
        kube.apply(f"{_RBAC}/clusterroles/{_CLUSTER_WIDE}", _role())
        kube.apply(f"{_RBAC}/clusterrolebindings/{_CLUSTER_WIDE}", _binding())
        kube.apply(f"{_FLOW_SCHEMAS}/{_CLUSTER_WIDE}", _flow_schema())
        yield Ground(kube)
    finally:
        kube.delete(f"{_NAMESPACES}/{NAMESPACE}")
        for path in removed:
            kube.delete(path)


def _ensure_definition(kube: Kube) -> None:
    definition = yaml.safe_load((_CONFIG / "crd.yaml").read_text())
    path = f"{_CRDS}/{definition['metadata']['name']}"
    if kube.get(path) is None:
        kube.apply(path, definition)

    def established() -> bool:
        # Initially its status has conditions that are null.
        conditions = (kube.get(path) or {}).get("status", {}).get("conditions") or ()
        return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)

    _wait(established, _SETTLED_SECONDS, "the CustomResourceDefinition to be established")


def _delete_namespace(kube: Kube) -> None:
    """Delete the namespace, which an interrupted run may have left behind with its instances."""
    path = f"{_NAMESPACES}/{NAMESPACE}"
    kube.delete(path)
    _wait(lambda: kube.get(path) is None, _GONE_SECONDS, f"the deletion of namespace {NAMESPACE} of an earlier run")


def _wait(condition: Any, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"timed out after {seconds:.0f} s waiting for {what}")
        time.sleep(0.2)


def _object(api_version: str, kind: str, name: str, **members: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **members}


def _role() -> dict[str, Any]:
    documents = yaml.safe_load_all((_CONFIG / "operator-deployment.yaml").read_text())
    rules = [rule for document in documents if document["kind"] == "ClusterRole" for rule in document["rules"]]
    return _object("rbac.authorization.k8s.io/v1", "ClusterRole", _CLUSTER_WIDE, rules=rules)


def _binding() -> dict[str, Any]:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": _CLUSTER_WIDE}
    account = {"kind": "ServiceAccount", "name": _ACCOUNT, "namespace": NAMESPACE}
    return _object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", _CLUSTER_WIDE, roleRef=role, subjects=[account])


def _flow_schema() -> dict[str, Any]:
    account = {"kind": "ServiceAccount", "serviceAccount": {"namespace": NAMESPACE, "name": _ACCOUNT}}
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": _WRITING, "namespaces": ["*"], "clusterScope": True}
    spec = {
        "matchingPrecedence": 1000,
        "priorityLevelConfiguration": {"name": _LEVEL},
        "distinguisherMethod": {"type": "ByUser"},
        "rules": [{"subjects": [account], "resourceRules": [everything]}],
    }
    return _object("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", _CLUSTER_WIDE, spec=spec)
