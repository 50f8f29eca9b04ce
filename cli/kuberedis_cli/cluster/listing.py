"""The instances of a cluster as the rows of `kuberedis list`, once or as they change."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.api_errors import is_forbidden
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import INSTANCE, Instances, condition
from kuberedis_cli.cluster.requests import events
from kuberedis_cli.output.rows import Row, Rows, by_name
from kuberedis_core.body import Body

WATCH_SECONDS = 300
_PAUSE_SECONDS = 1.0
"""The shortest time between two lists, if watches end at once."""


@dataclass(frozen=True)
class Listing:
    """The instances that a list is of.

    Args:
        namespace: Their namespace; None for all.
        rows: The list.
        version: Version of the list, from which on changes can be watched.
        is_partial: Whether all were asked for, and only those of the namespace may be seen.
    """

    namespace: str | None
    rows: Rows
    version: str
    is_partial: bool = False


def listing(cluster: Cluster, *, everywhere: bool) -> Listing:
    """The instances of the namespace, or of all; who may not list those of all gets those of the namespace.

    Raises:
        ApiException: Nor may those be listed.
    """
    if everywhere:
        try:
            return _listing(cluster, None)
        except ApiException as error:
            if not is_forbidden(error):
                raise
    return _listing(cluster, cluster.namespace, is_partial=everywhere)


def follow(cluster: Cluster, first: Listing) -> Iterator[Rows]:
    """The list, and the whole of it again after each change, without end.

    Raises:
        ApiException: The API server refuses.
    """
    current = first
    while True:
        began = time.monotonic()
        yield current.rows
        known = dict(current.rows)
        try:
            for event in events(cluster.api, INSTANCE.path(first.namespace), current.version, WATCH_SECONDS):
                changed = row(event["object"])
                known.pop((changed.namespace, changed.name), None)
                if event["type"] != "DELETED":
                    known[changed.namespace, changed.name] = changed
                yield by_name(known.values())
        except ApiException as error:
            if error.status != HTTPStatus.GONE:  # the version is too old, as after a long sleep of this machine
                raise
        time.sleep(max(0.0, began + _PAUSE_SECONDS - time.monotonic()))
        current = _listing(cluster, first.namespace)


def row(instance: Body) -> Row:
    """The row of an instance."""
    metadata, spec, status = instance["metadata"], instance["spec"], instance.get("status", {})
    ready = condition(instance, "Ready")
    replicas = spec.get("replicas", 1)
    return Row(
        namespace=metadata["namespace"],
        name=metadata["name"],
        ready=ready.get("status", "Unknown"),
        reason=ready.get("reason", ""),
        url=status.get("url", ""),
        capacity=str(status.get("capacity") or spec["capacity"]),
        version=status.get("version") or spec.get("version", ""),
        created_at=metadata["creationTimestamp"],
        replicas=replicas,
        in_sync=status.get("inSyncReplicas") if replicas > 1 else None,
        primary=status.get("primary") if replicas > 1 else None,
    )


def _listing(cluster: Cluster, namespace: str | None, *, is_partial: bool = False) -> Listing:
    bodies, version = Instances(cluster).listed(namespace)
    return Listing(namespace, by_name(map(row, bodies)), version, is_partial)
