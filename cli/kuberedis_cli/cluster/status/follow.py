"""`kuberedis status --watch`: the report again when the instance changes, and every two seconds for what Redis says of itself."""

import time
from collections.abc import Iterator

from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import INSTANCE
from kuberedis_cli.cluster.requests import events, request
from kuberedis_cli.cluster.status.gather import gather
from kuberedis_cli.cluster.status.report import Report

REFRESH_SECONDS = 2


def follow(cluster: Cluster, name: str) -> Iterator[Report]:
    """The report on the instance `name`, again and again.

    Raises:
        ClusterError: There is no such instance.
        ApiException: It may not be read.
    """
    while True:
        yield gather(cluster, name)
        _until_changed(cluster, name)


def _until_changed(cluster: Cluster, name: str) -> None:
    """Return when the instance has changed, or after `REFRESH_SECONDS`."""
    path, selector = INSTANCE.path(cluster.namespace), {"fieldSelector": f"metadata.name={name}"}
    try:
        version = request(cluster.api, "GET", path, query=selector)["metadata"]["resourceVersion"]
        for _ in events(cluster.api, path, version, REFRESH_SECONDS, selector):
            return
    except ApiException:  # it may be read, and not watched
        time.sleep(REFRESH_SECONDS)
