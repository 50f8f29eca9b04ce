"""`kuberedis status`: the requests to the cluster.

Only the instance itself must be readable; whatever else is not becomes a note in the report.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from kubernetes.client import CoreV1Api, V1Pod
from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.api_errors import message
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.events import events_of
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.cluster.pod import member_names, read_pods
from kuberedis_cli.cluster.redis_stats import RedisStats
from kuberedis_cli.cluster.sidecar_pages import fetch
from kuberedis_cli.cluster.status import report
from kuberedis_cli.cluster.status.report import Report
from kuberedis_cli.errors import SidecarPageError
from kuberedis_core.member_report import MemberReport

T = TypeVar("T")


def gather(cluster: Cluster, name: str) -> Report:
    """The report on the instance `name`."""
    core = CoreV1Api(cluster.api)
    instance = Instances(cluster).get(name)
    names = member_names(instance)
    notes: list[str] = []
    pods = _known("the pods", lambda: read_pods(core, cluster.namespace, names), notes)
    events = _known("events", lambda: list(events_of(core, cluster.namespace, name, len(names))), notes)
    stats, reports = _pages(cluster, pods or (), notes, of_several=len(names) > 1)
    return report.make(instance, pods, events or (), stats, reports, notes)


def _known(what: str, request: Callable[[], T], notes: list[str]) -> T | None:
    try:
        return request()
    except ApiException as error:
        notes.append(f"{what}: {message(error)}")
        return None


def _pages(
    cluster: Cluster, pods: Iterable[V1Pod], notes: list[str], *, of_several: bool
) -> tuple[dict[str, RedisStats], dict[str, MemberReport]]:
    """The statistics of Redis, and the report of the member, of each pod that runs, by the pod's name."""
    stats, reports = {}, {}
    for pod in pods:
        if pod.metadata is None or pod.metadata.name is None or pod.status is None or pod.status.phase != "Running":
            continue
        name = pod.metadata.name
        try:
            stats[name], report = fetch(cluster, name, of_several=of_several)
        except SidecarPageError as error:
            notes.append(f"memory, keys and clients: {error}")
        else:
            if report is not None:
                reports[name] = report
    return stats, reports
