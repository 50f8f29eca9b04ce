"""A cluster for the dashboard's tests: a real API server with users of different rights, and instances whose status a test writes.

There is no node and no operator, so that nothing but the test changes an instance.
"""

import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kuberedis_core.crd.kind import API_VERSION, KIND
from tests.harness.control_plane import ControlPlane
from tests.harness.custom_resource import install_custom_resource

ALICE, BOB, DAVE, EVE = "token-of-alice", "token-of-bob", "token-of-dave", "token-of-eve"
"""Alice may do everything with instances and Secrets in both namespaces; Bob may only look at instances of team-b; Dave may look at all
instances, and do everything in team-b; Eve may do nothing, and has a hostile name."""

_INSTANCES = "redishttpinstances.cache.yourcompany.com"


class DashboardCluster:
    """The cluster.

    Args:
        folder: empty folder for its data.
    """

    def __init__(self, folder: Path) -> None:
        self.plane = ControlPlane(
            folder, {ALICE: "alice", BOB: "bob", DAVE: "dave", EVE: "<script>document.title='taken'</script>\u202egnp"}
        )

    def start(self) -> None:
        """Start it, with the namespaces team-a and team-b and the users' rights."""
        self.plane.start()
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("KUBECONFIG", str(self.plane.kubeconfig))
            install_custom_resource()
        for namespace in ("team-a", "team-b"):
            self.kubectl("create", "namespace", namespace)
        everything = f"{_INSTANCES},secrets,pods,pods/log,events,persistentvolumeclaims"
        self.kubectl("create", "clusterrole", "look", "--verb=get,list,watch", f"--resource={_INSTANCES}")
        self.kubectl("create", "clusterrole", "edit-all", "--verb=get,list,watch,create,patch,update,delete", f"--resource={everything}")
        self.kubectl("create", "clusterrolebinding", "alice", "--clusterrole=edit-all", "--user=alice")
        self.kubectl("-n", "team-b", "create", "rolebinding", "bob", "--clusterrole=look", "--user=bob")
        self.kubectl("create", "clusterrolebinding", "dave", "--clusterrole=look", "--user=dave")
        self.kubectl("-n", "team-b", "create", "rolebinding", "dave", "--clusterrole=edit-all", "--user=dave")

    def stop(self) -> None:
        """End it."""
        self.plane.stop()

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl as the administrator, and return its standard output."""
        command = ["kubectl", "--kubeconfig", str(self.plane.kubeconfig), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def create(self, namespace: str, *names: str, **spec: Any) -> None:
        """Create instances."""
        items = [
            {
                "apiVersion": API_VERSION,
                "kind": KIND,
                "metadata": {"namespace": namespace, "name": name},
                "spec": {"capacity": "1Gi", **spec},
            }
            for name in names
        ]
        self.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))

    def delete(self, namespace: str, *names: str) -> None:
        """Delete instances."""
        self.kubectl("-n", namespace, "delete", _INSTANCES, *names, "--ignore-not-found")

    def set_status(self, namespace: str, name: str, conditions: Sequence[dict[str, Any]], **fields: Any) -> None:
        """Write the status of an instance, as the operator would."""
        patch = json.dumps({"status": {"observedGeneration": 1, "conditions": list(conditions), **fields}})
        self.kubectl("-n", namespace, "patch", _INSTANCES, name, "--subresource=status", "--type=merge", "-p", patch)


def serving(url: str = "") -> list[dict[str, Any]]:
    """The conditions of an instance that serves."""
    return [
        condition("Ready", True, "Serving", f"serving at {url}"),
        condition("Progressing", False, "Complete"),
        condition("Degraded", False, "AsExpected"),
    ]


def degraded(reason: str, message: str) -> list[dict[str, Any]]:
    """The conditions of an instance that does not serve, and does not come back by itself."""
    return [
        condition("Ready", False, reason, message),
        condition("Progressing", False, "Stalled", message),
        condition("Degraded", True, reason, message),
    ]


def condition(type_: str, status: bool, reason: str, message: str = "") -> dict[str, Any]:
    """One condition, since now."""
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = "True" if status else "False"
    return {"type": type_, "status": text, "reason": reason, "message": message, "lastTransitionTime": since, "observedGeneration": 1}
