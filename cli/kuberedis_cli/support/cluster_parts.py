"""What a report on a cluster has in it. Secrets and ConfigMaps are not read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from kubernetes.client import CoreV1Api
from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster import packaged
from kuberedis_cli.cluster.api_errors import message
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.events import events_of
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.cluster.pod import member_names
from kuberedis_cli.cluster.status.report import event_of, moment_of
from kuberedis_cli.cluster.versions import OPERATOR_SELECTOR
from kuberedis_cli.diagnose.cluster_findings import ClusterSeen, cluster_findings
from kuberedis_cli.diagnose.findings import Finding, Seen
from kuberedis_cli.diagnose.gather import look, see_cluster, see_instance
from kuberedis_cli.diagnose.instance_findings import instance_findings
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.observe.cluster_logs import Source, last_lines, sources_of
from kuberedis_cli.support.bundle import Bundle
from kuberedis_core.body import Body

MOST_INSTANCES = 20
_LINES = 2000


def add_cluster(bundle: Bundle, cluster: Cluster, name: str | None, version: str) -> None:
    """Add a cluster, its operator, and an instance or those of the namespace.

    Raises:
        ClusterError: There is no such instance.
        ApiException, HTTPError: The API server does not answer, or refuses to list instances.
    """
    instances = Instances(cluster)
    bodies = [instances.get(name)] if name is not None else instances.here()[:MOST_INSTANCES]
    seen = see_cluster(cluster)
    bundle.add_object("versions", {"client": version, "kubernetes": seen.version})
    [expected] = packaged.custom_resource()
    findings = list(cluster_findings(seen, expected, version))
    _add_seen(bundle, "cluster/storage-classes", seen.storage_classes)
    _add_seen(bundle, "cluster/ingress-classes", seen.ingress_classes)
    _add_seen(bundle, "cluster/operator", seen.operator)
    if seen.operator.value is not None:
        _add_operator_log(bundle, Cluster(cluster.api, seen.operator.value["metadata"]["namespace"]))
    for body in bodies:
        findings += _add_instance(bundle, cluster, body, seen)
    bundle.add_object("doctor", [asdict(finding) for finding in findings])


def _add_seen(bundle: Bundle, name: str, found: Seen[Any]) -> None:
    bundle.add_object(name, {"refusal": found.refusal} if found.refusal else found.value)


def _add_operator_log(bundle: Bundle, there: Cluster) -> None:
    pods = look(lambda: CoreV1Api(there.api).list_namespaced_pod(there.namespace, label_selector=OPERATOR_SELECTOR).items)
    names = [pod.metadata.name for pod in pods.value or () if pod.metadata and pod.metadata.name]
    lines = _log(there, [Source(name, "operator") for name in names])
    bundle.add_lines("cluster/operator.log", [pods.refusal] if pods.refusal else lines)


def _add_instance(bundle: Bundle, cluster: Cluster, body: Body, seen: ClusterSeen) -> Iterator[Finding]:
    """Add what is known of an instance. Returns what the doctor says of it."""
    name = body["metadata"]["name"]
    folder = f"instances/{name}"
    found = see_instance(cluster, name)
    events = look(lambda: list(events_of(CoreV1Api(cluster.api), cluster.namespace, name, len(member_names(body)))))
    rows = [asdict(event_of(event)) for event in sorted(events.value or (), key=moment_of)]
    bundle.add_object(f"{folder}/instance", found.body)
    _add_seen(bundle, f"{folder}/pods", found.pods)
    _add_seen(bundle, f"{folder}/volume-claims", found.claims)
    _add_seen(bundle, f"{folder}/events", Seen(rows, events.refusal))
    try:
        sources = sources_of(cluster, name, None)
    except ClusterError as error:
        bundle.add_lines(f"{folder}/logs", [str(error)])
        sources = []
    except ApiException as error:
        bundle.add_lines(f"{folder}/logs", [message(error)])
        sources = []
    for source in sources:
        bundle.add_lines(f"{folder}/{source.pod}-{source.container}.log", _log(cluster, [source]))
    return instance_findings(found, seen)


def _log(cluster: Cluster, sources: Iterable[Source]) -> list[str]:
    """The last lines of containers, and which of them cannot be read."""
    notes: list[str] = []
    lines = [f"{line.at} {line.text}" for line in last_lines(cluster, sources, _LINES, notes.append)]
    return [*lines, *notes]
