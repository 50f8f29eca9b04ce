"""A namespace of a real cluster as its users see it: objects applied, read, patched and waited for by kubectl."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.harness.kubectl import Kubectl
from tests.harness.objects import kind_of, objects
from tests.harness.waiting import wait_until

Object = dict[str, Any]

READY_SECONDS = 180
"""A limit, not an expectation: a provisioner of volumes that fails tries again after two minutes."""


@dataclass(frozen=True)
class Namespace:
    """One namespace of a cluster."""

    name: str

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl and return what it prints.

        Raises:
            AssertionError: kubectl failed.
        """
        return Kubectl(self.name).out(*arguments, stdin=stdin)

    def apply(self, *bodies: Object) -> None:
        """`kubectl apply` these objects."""
        self("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies}))

    def get(self, kind: str, name: str) -> Object | None:
        """An object, or None. `kind` is written as for kubectl, for example `pod`."""
        return objects().get(kind_of(kind), self.name, name)

    def patch(self, kind: str, name: str, patch: object) -> None:
        """A JSON merge patch, or a JSON patch if it is a list."""
        form = "json" if isinstance(patch, list) else "merge"
        self("patch", kind, name, "--type", form, "--patch", json.dumps(patch))

    def wait_for(self, kind: str, name: str, condition: Callable[[Object], object], *, limit_seconds: float, what: str) -> Object:
        """Wait until the object exists and `condition` holds for it, and return it.

        Raises:
            TimeoutError: It did not; the message has its status, and what happened in the namespace.
        """

        def found() -> Object | None:
            body = self.get(kind, name)
            return body if body is not None and condition(body) else None

        try:
            body = wait_until(found, limit_seconds=limit_seconds, what=f"{kind} {name}: {what}")
        except TimeoutError as error:
            status = (self.get(kind, name) or {}).get("status")
            raise TimeoutError(f"{error}\n{json.dumps(status)}\n{self('get', 'pods,events')}") from None
        assert body is not None
        return body

    def wait_until_gone(self, kind: str, name: str, *, limit_seconds: float) -> None:
        """Wait until there is no such object."""
        wait_until(lambda: self.get(kind, name) is None, limit_seconds=limit_seconds, what=f"{kind} {name}: gone")


def instance(name: str, *, annotations: Mapping[str, str] | None = None, **spec: Any) -> Object:
    """A RedisHttpInstance; its capacity is 64Mi unless `spec` has another."""
    return {
        "apiVersion": "cache.yourcompany.com/v1alpha1",
        "kind": "RedisHttpInstance",
        "metadata": {"name": name, "annotations": dict(annotations or {})},
        "spec": {"capacity": "64Mi", **spec},
    }


def condition(body: Object, kind: str) -> tuple[str, str, str]:
    """Status, reason and message of a condition; empty strings if it is missing."""
    for found in body.get("status", {}).get("conditions", ()):
        if found["type"] == kind:
            return found["status"], found["reason"], found["message"]
    return "", "", ""


def is_ready(body: Object) -> bool:
    """Whether the condition Ready is true for the current generation of the spec."""
    return condition(body, "Ready")[0] == "True" and body["status"]["observedGeneration"] == body["metadata"]["generation"]
