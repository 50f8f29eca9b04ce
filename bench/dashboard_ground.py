"""What the dashboard shows in its benchmarks: an API server with users and instances, and no operator or node beside it.

The statuses are written here, as an operator writes them, so that nothing else of this machine's time goes into them.
"""

import base64
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.kube import Body, Kube
from kuberedis_core.api_kind import Kind
from kuberedis_core.crd.kind import API_VERSION, KIND, PLURAL
from kuberedis_core.crd.names import secret_name
from kuberedis_core.credentials import KEY_FILE
from kuberedis_operator.resources.kinds import INSTANCE, SECRET
from tests.harness.control_plane import ControlPlane, running_control_plane
from tests.harness.custom_resource import install_custom_resource

TEAM, TEAM_ROWS = "team", 24
"""A namespace with so many instances."""
FLEET = "fleet"
"""A namespace with many more, created when they are first needed."""
GUEST_ROLE = "guest"
"""Name of the RoleBinding by which the guest sees the instances of `TEAM`."""

_RBAC = "rbac.authorization.k8s.io/v1"
_RBAC_PATH = f"/apis/{_RBAC}"
_READING = ["get", "list", "watch"]
_CLIENTS = 8
_NAMESPACE = Kind("v1", "Namespace", "namespaces")


class DashboardGround:
    """A prepared API server.

    Attributes:
        plane: its processes.
        kube: its administrator.
        user: token of somebody who may do everything with the instances of the whole cluster.
        guest: token of somebody who may see the instances of `TEAM`.
    """

    def __init__(self, plane: ControlPlane, kube: Kube, user: str, guest: str) -> None:
        self.plane = plane
        self.kube = kube
        self.user = user
        self.guest = guest

    def fill(self, namespace: str, names: Iterable[str]) -> None:
        """Create instances that are ready, but for every 300th; several at a time."""

        def create(number_and_name: tuple[int, str]) -> None:
            number, name = number_and_name
            self.kube.create(INSTANCE.path(namespace), _instance(namespace, name))
            problem = f"pod {name}-0 cannot be scheduled: 0/12 nodes are available" if number % 300 == 0 else ""
            self.set_status(namespace, name, problem)

        with ThreadPoolExecutor(_CLIENTS) as clients:
            list(clients.map(create, enumerate(names, 1)))

    def set_status(self, namespace: str, name: str, problem: str = "") -> None:
        """Write the status of an instance: ready, or not because of a problem."""
        self.kube.merge(f"{INSTANCE.path(namespace, name)}/status", {"status": _status(namespace, name, problem)})

    def add_key(self, namespace: str, name: str, key: str) -> None:
        """Create the Secret with the key of an instance."""
        data = {KEY_FILE: base64.b64encode(key.encode()).decode()}
        self.kube.create(
            SECRET.path(namespace), {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret_name(name)}, "data": data}
        )

    def let_guest_in(self) -> None:
        """Give the guest the right to see the instances of `TEAM`."""
        self.kube.apply(
            f"{_RBAC_PATH}/namespaces/{TEAM}/rolebindings/{GUEST_ROLE}", _binding("RoleBinding", GUEST_ROLE, "Role", GUEST_ROLE)
        )

    def turn_guest_out(self) -> None:
        """Take it away."""
        self.kube.delete(f"{_RBAC_PATH}/namespaces/{TEAM}/rolebindings/{GUEST_ROLE}")

    def version(self) -> str:
        """Version of the API server."""
        return str((self.kube.get("/version") or {})["gitVersion"]).removeprefix("v")


@contextmanager
def prepared(folder: Path, first: str) -> Iterator[DashboardGround]:
    """An API server with the instances of `TEAM`, until the block ends.

    Args:
        folder: empty folder for its data.
        first: name of one of the instances.
    """
    user, guest = secrets.token_hex(16), secrets.token_hex(16)
    folder.mkdir()
    with running_control_plane(folder, {user: "user", guest: GUEST_ROLE}) as plane, closing(Kube()) as kube:
        install_custom_resource()
        ground = DashboardGround(plane, kube, user, guest)
        for namespace in (TEAM, FLEET):
            kube.create(_NAMESPACE.path(None), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        kube.create(f"{_RBAC_PATH}/clusterrolebindings", _binding("ClusterRoleBinding", "user", "ClusterRole", "cluster-admin"))
        rules = [{"apiGroups": [INSTANCE.group], "resources": [PLURAL], "verbs": _READING}]
        role = {"apiVersion": _RBAC, "kind": "Role", "metadata": {"name": GUEST_ROLE}, "rules": rules}
        kube.create(f"{_RBAC_PATH}/namespaces/{TEAM}/roles", role)
        ground.fill(TEAM, [first, *(f"cache-{number}" for number in range(1, TEAM_ROWS))])
        yield ground


def _instance(namespace: str, name: str) -> Body:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": {"capacity": "1Gi", "maxmemory": "512Mi"}}


def _status(namespace: str, name: str, problem: str) -> dict[str, Any]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def condition(type_: str, status: str, reason: str, message: str) -> dict[str, str]:
        return {"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": now}

    ready = (
        condition("Ready", "False", "PodUnschedulable", problem) if problem else condition("Ready", "True", "Serving", "requests succeed")
    )
    return {
        "observedGeneration": 1,
        "conditions": [
            ready,
            condition("Progressing", "False", "Complete", "everything is as the spec says"),
            condition("Degraded", "False", "Healthy", "no problem is known"),
        ],
        "url": f"https://{namespace}.redis.example.com/instances/{name}",
        "secretName": secret_name(name),
        "version": "8.2",
        "capacity": "1Gi",
        "maxmemory": "512Mi",
        "memoryLimit": "768Mi",
    }


def _binding(kind: str, name: str, role_kind: str, role: str) -> Body:
    subject = {"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": role_kind, "name": role, "apiGroup": "rbac.authorization.k8s.io"}
    return {"apiVersion": _RBAC, "kind": kind, "metadata": {"name": name}, "subjects": [subject], "roleRef": reference}
