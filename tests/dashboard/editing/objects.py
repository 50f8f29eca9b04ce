"""What is in the cluster: the users' rights, and instances as the operator would have written them."""

import json
from typing import Any

from kuberedis_core.crd.kind import API_VERSION, GROUP, KIND, PLURAL
from tests.harness.kubectl import Kubectl

TEAM = "team-a"
KEY = "key-of-the-test-0123456789-0123456789-0123"
URL = "https://redis.example.com/instances/cache"
HOSTILE = "</textarea><script>document.title='owned'</script>\u202egnp"
"""What somebody wrote into a setting."""


def _role(name: str, user: str, *rules: dict[str, list[str]]) -> list[dict[str, Any]]:
    api = "rbac.authorization.k8s.io"
    metadata = {"name": name, "namespace": TEAM}
    return [
        {"apiVersion": f"{api}/v1", "kind": "Role", "metadata": metadata, "rules": list(rules)},
        {
            "apiVersion": f"{api}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": api, "kind": "Role", "name": name},
            "subjects": [{"kind": "User", "name": user}],
        },
    ]


_INSTANCES = {"apiGroups": [GROUP], "resources": [PLURAL]}
OBJECTS = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "List",
        "items": [
            *_role("editor", "alice", {**_INSTANCES, "verbs": ["*"]}, {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}),
            *_role("reader", "bob", {**_INSTANCES, "verbs": ["get", "list", "watch"]}),
        ],
    }
)


class Team:
    """The instances of the namespace, seen by the administrator."""

    def __init__(self) -> None:
        self._kubectl = Kubectl(TEAM)

    def put(self, name: str, annotations: dict[str, str] | None = None, **spec: Any) -> None:
        """Make an instance of 1Gi that serves, and its Secret."""
        metadata = {"name": name, "annotations": annotations or {}}
        self._apply({"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": {"capacity": "1Gi", **spec}})
        limit = {"annotations": {f"{GROUP}/max-token-seconds": "86400"}}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"{name}-auth", **limit}, "stringData": {"api_key": KEY}}
        self._apply(secret)
        self.write_status(name, url=URL, version="8")

    def spec(self, name: str) -> dict[str, Any]:
        """The spec of an instance."""
        return self.get(name)["spec"]  # type: ignore[no-any-return]

    def get(self, name: str) -> dict[str, Any]:
        """An instance."""
        body: dict[str, Any] = json.loads(self._kubectl.out("get", PLURAL, name, "--output=json"))
        return body

    def has(self, name: str) -> bool:
        """Whether there is such an instance."""
        return self._kubectl.run("get", PLURAL, name).returncode == 0

    def patch(self, name: str, **spec: Any) -> None:
        """Change the spec, as somebody else."""
        self._kubectl.out("patch", PLURAL, name, "--type=merge", "--patch", json.dumps({"spec": spec}))

    def write_status(self, name: str, **status: Any) -> None:
        """Change the status, as the operator."""
        patch = json.dumps({"status": status})
        self._kubectl.out("patch", PLURAL, name, "--subresource=status", "--type=merge", "--patch", patch)

    def delete(self, name: str) -> None:
        """Delete an instance."""
        self._kubectl.out("delete", PLURAL, name)

    def _apply(self, body: dict[str, Any]) -> None:
        self._kubectl.out("apply", "--filename", "-", stdin=json.dumps(body))
