"""`kuberedis doctor`: the requests to the cluster. What the user may not read becomes a note."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from kubernetes.client import CoreV1Api, CustomObjectsApi, VersionApi
from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.api_errors import is_not_found, message
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.cluster.pod import member_names
from kuberedis_cli.cluster.versions import operators
from kuberedis_cli.diagnose.cluster_findings import ClusterSeen
from kuberedis_cli.diagnose.findings import Seen
from kuberedis_cli.diagnose.instance_findings import InstanceSeen
from kuberedis_cli.diagnose.route import ahead_of, ask
from kuberedis_core.body import Body
from kuberedis_core.crd.kind import GROUP, PLURAL
from kuberedis_core.crd.names import claim_name

T = TypeVar("T")


def see_cluster(cluster: Cluster) -> ClusterSeen:
    """A cluster, as far as the user may look at it.

    Raises:
        ApiException, HTTPError: The API server does not answer, or takes no credentials.
    """
    objects = CustomObjectsApi(cluster.api)
    code, _, headers = VersionApi(cluster.api).get_code_with_http_info()
    return ClusterSeen(
        server=cluster.api.configuration.host,
        version=code.git_version,
        clock_ahead_seconds=ahead_of(headers.get("Date")),
        definition=look(
            lambda: _body(objects.get_cluster_custom_object("apiextensions.k8s.io", "v1", "customresourcedefinitions", f"{PLURAL}.{GROUP}"))
        ),
        operator=look(lambda: next(iter(operators(cluster)), None)),
        storage_classes=look(lambda: _items(objects.list_cluster_custom_object("storage.k8s.io", "v1", "storageclasses"))),
        ingress_classes=look(lambda: _items(objects.list_cluster_custom_object("networking.k8s.io", "v1", "ingressclasses"))),
    )


def see_instance(cluster: Cluster, name: str) -> InstanceSeen:
    """An instance, as far as the user may look at it.

    Raises:
        ClusterError: There is none of that name.
    """
    body, core = Instances(cluster).get(name), CoreV1Api(cluster.api)
    claims = [claim_name(name, ordinal) for ordinal in range(body["spec"].get("replicas", 1))]
    url = body.get("status", {}).get("url")
    return InstanceSeen(
        body=body,
        pods=look(lambda: _named(cluster, core.read_namespaced_pod, member_names(body))),
        claims=look(lambda: _named(cluster, core.read_namespaced_persistent_volume_claim, claims)),
        answer=ask(url) if isinstance(url, str) and url else None,
    )


def _named(cluster: Cluster, read: Callable[[str, str], Any], names: Iterable[str]) -> dict[str, Body]:
    """Those of these objects that there are."""
    found = {}
    for name in names:
        try:
            found[name] = _body(cluster.api.sanitize_for_serialization(read(name, cluster.namespace)))
        except ApiException as error:
            if not is_not_found(error):
                raise
    return found


def look(request: Callable[[], T | None]) -> Seen[T]:
    """What a request finds; an object that is not there is None."""
    try:
        return Seen(request())
    except ApiException as error:
        return Seen() if is_not_found(error) else Seen(refusal=message(error))


def _body(answer: object) -> Body:
    body: Body = answer  # type: ignore[assignment]  # the generated client knows nothing of other kinds
    return body


def _items(answer: object) -> list[Body]:
    return list(_body(answer)["items"])
