"""Objects of the cluster, read over one connection: cheap enough to be read again and again while a test waits.

Only reads are here; what a user does, tests do as a user does it, by kubectl.
"""

import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kubernetes.config import new_client_from_config
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import NotFoundError

Body = dict[str, Any]

_API_VERSIONS: Mapping[str, str] = {
    "ConfigMap": "v1",
    "Event": "events.k8s.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "Ingress": "networking.k8s.io/v1",
    "Namespace": "v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PersistentVolumeClaim": "v1",
    "Pod": "v1",
    "RedisHttpInstance": "cache.yourcompany.com/v1alpha1",
    "Secret": "v1",
    "Service": "v1",
    "StatefulSet": "apps/v1",
}

CHILDREN: Mapping[str, tuple[str, ...]] = {
    "Secret": ("{}-auth", "{}-redis-password"),
    "ConfigMap": ("{}-config",),
    "Service": ("{}-headless", "{}-http"),
    "NetworkPolicy": ("{}",),
    "Ingress": ("{}",),
    "StatefulSet": ("{}",),
}
"""Kinds and name patterns of the children of an instance; the braces stand for its name."""


class Objects:
    """The objects of a cluster.

    Args:
        kubeconfig: Path of the kubeconfig that leads to it.
    """

    def __init__(self, kubeconfig: str) -> None:
        # By default all processes of a user share one file, and read what another one is writing.
        discovered = str(Path(tempfile.mkdtemp(), "discovered.json"))
        self._client = DynamicClient(new_client_from_config(kubeconfig), cache_file=discovered)

    def get(self, kind: str, namespace: str | None, name: str) -> Body | None:
        """One object, or None if there is none."""
        try:
            return self._read(kind, name=name, namespace=namespace)
        except NotFoundError:
            return None

    def list(self, kind: str, namespace: str | None, **labels: str) -> list[Body]:
        """All objects of a kind in a namespace, or in the cluster, with these `app.kubernetes.io/` labels ("_" stands for "-")."""
        selector = ",".join(f"app.kubernetes.io/{name.replace('_', '-')}={value}" for name, value in labels.items())
        items: list[Body] = self._read(kind, namespace=namespace, label_selector=selector)["items"]
        return items

    def children(self, namespace: str, name: str) -> dict[str, Body]:
        """The children of an instance by `Kind/name`, without those that are being deleted."""
        wanted = {(kind, template.format(name)) for kind, templates in CHILDREN.items() for template in templates}
        found = {(kind, child): self.get(kind, namespace, child) for kind, child in wanted}
        return {f"{kind}/{child}": body for (kind, child), body in found.items() if body and "deletionTimestamp" not in body["metadata"]}

    def _read(self, kind: str, **arguments: str | None) -> Body:
        resource = self._client.resources.get(api_version=_API_VERSIONS[kind], kind=kind)
        answer: Body = resource.get(**arguments).to_dict()
        return answer


def kind_of(name: str) -> str:
    """The kind that kubectl knows by this name, `Pod` for `pod`."""
    return next(kind for kind in _API_VERSIONS if kind.lower() == name)


def objects() -> Objects:
    """Those of the cluster that $KUBECONFIG names."""
    return _objects_of(os.environ["KUBECONFIG"])


@cache
def _objects_of(kubeconfig: str) -> Objects:
    return Objects(kubeconfig)
