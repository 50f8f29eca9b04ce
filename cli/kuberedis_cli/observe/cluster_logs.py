"""`kuberedis logs` in a cluster: the logs of all containers of all members."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from kubernetes.client import CoreV1Api, V1Pod
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from kuberedis_cli.cluster.api_errors import message
from kuberedis_cli.cluster.connection import CONNECT_SECONDS, Cluster
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.cluster.pod import member_names, read_pods
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.observe.log_lines import Line, in_order, lines_of, stamped
from kuberedis_core.one_line import one_line

_MAX_LOG_BYTES = 8 * 1024 * 1024
_SILENCE_SECONDS = 86_400
"""A log that is followed may be silent for so long."""


class Source(NamedTuple):
    """A container of a pod."""

    pod: str
    container: str

    def __str__(self) -> str:
        return f"{self.pod} {self.container}"


def sources_of(cluster: Cluster, name: str, container: str | None) -> list[Source]:
    """The containers of the instance `name`, or those of one name.

    Raises:
        ClusterError: There are none; the text says what there is.
    """
    core = CoreV1Api(cluster.api)
    pods = read_pods(core, cluster.namespace, member_names(Instances(cluster).get(name)))
    if not pods:
        raise ClusterError(f"{name} has no pod, so there are no logs; `kuberedis status {name}` says why")
    known = [source for pod in pods for source in _containers(pod)]
    found = [source for source in known if container in (None, source.container)]
    if not found:
        there = ", ".join(dict.fromkeys(source.container for source in known))
        raise ClusterError(f"the pods of {name} have no container {container!r}; they have {there}")
    return found


def _containers(pod: V1Pod) -> Iterator[Source]:
    """Those that have begun; another has no log yet."""
    status = pod.status
    for each in (*((status.init_container_statuses if status else None) or ()), *((status.container_statuses if status else None) or ())):
        if each.state is None or each.state.waiting is None or each.restart_count:
            yield Source((pod.metadata.name if pod.metadata else None) or "", each.name)


def last_lines(cluster: Cluster, sources: Iterable[Source], count: int, note: Callable[[str], None]) -> Iterator[Line]:
    """The last lines of each container, by time.

    Args:
        cluster: Cluster and namespace.
        sources: The containers.
        count: So many lines of each.
        note: Is told of each log that cannot be read.
    """
    return in_order([list(_lines(cluster, source, count, note, follow=False)) for source in sources])


def following(cluster: Cluster, sources: Iterable[Source], count: int, note: Callable[[str], None]) -> Iterator[Line]:
    """The last lines of each container and those that come, as they arrive, until all of them have ended."""
    arrived: SimpleQueue[Line | None] = SimpleQueue()
    waiting = 0
    for source in sources:
        waiting += 1
        Thread(target=_follow, args=(cluster, source, count, note, arrived), daemon=True).start()
    while waiting:
        line = arrived.get()
        if line is None:
            waiting -= 1
        else:
            yield line


def _follow(cluster: Cluster, source: Source, count: int, note: Callable[[str], None], arrived: SimpleQueue[Line | None]) -> None:
    try:
        for line in _lines(cluster, source, count, note, follow=True):
            arrived.put(line)
    finally:
        arrived.put(None)


def _lines(cluster: Cluster, source: Source, count: int, note: Callable[[str], None], *, follow: bool) -> Iterator[Line]:
    try:
        limits = {"_request_timeout": (CONNECT_SECONDS, _SILENCE_SECONDS)} if follow else {"limit_bytes": _MAX_LOG_BYTES}
        read: Any = CoreV1Api(cluster.api).read_namespaced_pod_log
        response = read(
            source.pod,
            cluster.namespace,
            container=source.container,
            follow=follow,
            tail_lines=count,
            timestamps=True,
            _preload_content=False,
            **limits,
        )
        yield from stamped(lines_of(response.stream()), str(source))
    except ApiException as error:
        note(f"{source}: {message(error)}")
    except HTTPError as error:
        note(f"{source}: the log broke off ({one_line(str(error))})")
