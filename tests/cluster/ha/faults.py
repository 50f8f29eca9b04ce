"""What can happen to an instance of three members. Each function does it while writers write, and returns when it is over: whoever was
killed runs again, whoever was cut off is back. What then is still to be caught up with is not waited for."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.cluster.ha import nodes
from tests.cluster.ha.containers import ContainerProcesses, kill
from tests.cluster.ha.instance import HaInstance
from tests.cluster.ha.writers import Record
from tests.harness.objects import Body
from tests.harness.waiting import wait_until

STOPPED_SECONDS = 8.0
HANG_SECONDS = 1.2
_AWAY_SECONDS = 12.0
_REPLACED_SECONDS = 180
_EVERY_SECONDS = 0.1


@dataclass(frozen=True)
class Effect:
    """What a fault did."""

    gone: frozenset[str] = frozenset()
    """Members whose sidecar or network was away as well, so that their own clients had nobody to talk to."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """What the fault measured itself, each under a name that ends in its unit."""


Fault = Callable[[HaInstance, Record], Effect]


def kill_primary(instance: HaInstance, _: Record) -> Effect:
    """SIGKILL for the Redis of the primary."""
    primary = instance.primary()
    with _restarted(instance, primary, "redis"):
        kill(instance.pod(primary), "redis")
    return Effect()


def kill_replica(instance: HaInstance, _: Record) -> Effect:
    """SIGKILL for the Redis of a replica."""
    replica = instance.replicas()[0]
    with _restarted(instance, replica, "redis"):
        kill(instance.pod(replica), "redis")
    return Effect()


def kill_sentinel(instance: HaInstance, _: Record) -> Effect:
    """SIGKILL for the Sentinel beside the primary."""
    primary = instance.primary()
    with _restarted(instance, primary, "sentinel"):
        kill(instance.pod(primary), "sentinel")
    return Effect()


def kill_sidecar(instance: HaInstance, _: Record) -> Effect:
    """SIGKILL for the sidecar beside the primary."""
    primary = instance.primary()
    with _restarted(instance, primary, "sidecar"):
        kill(instance.pod(primary), "sidecar")
    return Effect(gone=frozenset({primary}))


def empty_primary(instance: HaInstance, _: Record) -> Effect:
    """The primary's volume is emptied, its Redis killed: it returns with nothing."""
    primary = instance.primary()
    pod = instance.pod(primary)
    with _restarted(instance, primary, "redis"):
        ContainerProcesses.of(pod, "redis").empty("data")
        kill(pod, "redis")
    return Effect()


def empty_primary_and_kill_all(instance: HaInstance, record: Record) -> Effect:
    """Every process of every Redis and Sentinel is killed, and the primary's volume is empty.

    The primary is first: what it acknowledged while the others were dead already, nobody else would have.
    """
    primary, pods = instance.primary(), instance.pods()
    before = instance.restarts()
    processes = [
        ContainerProcesses.of(pods[name], container)
        for name in (primary, *(each for each in pods if each != primary))
        for container in ("redis", "sentinel")
    ]
    processes[0].empty("data")
    for each in processes:
        each.send(signal.SIGKILL)
    for name in pods:
        _wait_for_restart(instance, name, "redis", before)
    return Effect(figures={"after the last Redis s": record.seconds_to_next_acknowledgement()})


def stop_primary(instance: HaInstance, record: Record) -> Effect:
    """SIGSTOP for the Redis of the primary, SIGCONT after eight seconds."""
    primary = instance.primary()
    demotion = instance.demotion(primary)
    with _stopped(instance, primary):
        stopped = time.monotonic()
        record.wait_for_acknowledgements(*instance.names)
        _wait_out(stopped + STOPPED_SECONDS)
    return Effect(figures={"demoted s": demotion()})


def hang_primary(instance: HaInstance, _: Record) -> Effect:
    """SIGSTOP for the Redis of the primary, SIGCONT before anybody may take it for dead."""
    primary = instance.primary()
    with _stopped(instance, primary):
        _wait_out(time.monotonic() + HANG_SECONDS)
    instance.wait_until_settled()
    return Effect(figures={"failovers": float(instance.primary() != primary)})


def lose_node(instance: HaInstance, record: Record) -> Effect:
    """The primary's node has no power for a while."""
    primary = instance.primary_away_from(nodes.INGRESS_NODE)
    return _lose_node_of(instance, record, primary)


def lose_node_of_replica(instance: HaInstance, record: Record) -> Effect:
    """A replica's node has no power for a while."""
    instance.wait_until_settled()
    replica = next(name for name in instance.replicas() if instance.node_of(name) != nodes.INGRESS_NODE)
    return _lose_node_of(instance, record, replica)


def cut_off_node(instance: HaInstance, record: Record) -> Effect:
    """The primary's node has no network for a while, and everything on it runs on."""
    primary = instance.primary_away_from(nodes.INGRESS_NODE)
    others = [name for name in instance.names if name != primary]
    demotion = instance.demotion(primary)
    with nodes.cut_off(instance.node_of(primary)) as heal:
        cut = time.monotonic()
        record.wait_for_acknowledgements(*others)
        _wait_out(cut + _AWAY_SECONDS)
        heal()
        instance.wait_until_reachable(primary)
        demoted = demotion()
    return Effect(frozenset({primary}), {"demoted s": demoted})


def delete_pod(instance: HaInstance, _: Record) -> Effect:
    """`kubectl delete pod` of the primary."""
    primary = instance.primary()
    with _replaced(instance, primary):
        instance.kubectl("delete", "pod", primary, "--wait=false")
    return Effect()


def delete_all_pods(instance: HaInstance, record: Record) -> Effect:
    """`kubectl delete pod` of all members at once."""
    with _replaced(instance, *instance.names):
        instance.kubectl("delete", "pod", *instance.names, "--wait=false")
    return Effect(frozenset(instance.names), {"after the last Redis s": record.seconds_to_next_acknowledgement()})


def drain_node(instance: HaInstance, _: Record) -> Effect:
    """`kubectl drain` of the primary's node, which then takes pods again."""
    _drain(instance, instance.primary())
    return Effect()


def drain_all_nodes(instance: HaInstance, _: Record) -> Effect:
    """`kubectl drain` of one node after the other, as for an upgrade of all of them."""
    for member in instance.names:
        _drain(instance, member)
        instance.wait_until_settled()
    return Effect()


def blackhole_dns_and_kill_primary(instance: HaInstance, record: Record) -> Effect:
    """SIGKILL for the Redis of the primary while no name resolves, and nobody says so."""
    servers = [ContainerProcesses.of(pod, "coredns") for pod in instance.objects.list("Pod", "kube-system") if _is_dns(pod)]
    assert servers, "the cluster has no CoreDNS"
    try:
        for server in servers:
            server.send(signal.SIGSTOP)
        return kill_primary(instance, record)
    finally:
        for server in servers:
            server.send(signal.SIGCONT)


def _is_dns(pod: Body) -> bool:
    return bool(pod["metadata"].get("labels", {}).get("k8s-app") == "kube-dns")


def _lose_node_of(instance: HaInstance, record: Record, member: str) -> Effect:
    others = [name for name in instance.names if name != member]
    with nodes.stopped(instance.node_of(member)):
        lost = time.monotonic()
        record.wait_for_acknowledgements(*others)
        _wait_out(lost + _AWAY_SECONDS)
    return Effect(frozenset({member}))


def _drain(instance: HaInstance, member: str) -> None:
    node = instance.node_of(member)
    with _replaced(instance, member):
        try:
            nodes.drain(node, instance.name)
        finally:
            nodes.uncordon(node)


@contextmanager
def _stopped(instance: HaInstance, member: str) -> Iterator[None]:
    processes = ContainerProcesses.of(instance.pod(member), "redis")
    processes.send(signal.SIGSTOP)
    try:
        yield
    finally:
        processes.send(signal.SIGCONT)


@contextmanager
def _restarted(instance: HaInstance, member: str, container: str) -> Iterator[None]:
    """Do the block, and wait until the kubelet has started the container again."""
    before = instance.restarts()
    yield
    _wait_for_restart(instance, member, container, before)


def _wait_for_restart(instance: HaInstance, member: str, container: str, before: Mapping[str, tuple[str, Mapping[str, int]]]) -> None:
    def started() -> bool:
        uid, counts = instance.restarts().get(member, ("", {}))
        return uid != before[member][0] or counts.get(container, 0) > before[member][1][container]

    wait_until(started, limit_seconds=_REPLACED_SECONDS, every_seconds=_EVERY_SECONDS, what=f"a restart of {container} in {member}")


@contextmanager
def _replaced(instance: HaInstance, *members: str) -> Iterator[None]:
    """Do the block, and wait until each of these pods is another one whose containers run."""
    before = {name: uid for name, (uid, _) in instance.restarts().items()}
    yield
    wait_until(
        lambda: all(_runs(instance.pods().get(member), not_uid=before[member]) for member in members),
        limit_seconds=_REPLACED_SECONDS,
        every_seconds=_EVERY_SECONDS,
        what=f"other pods {', '.join(members)}",
    )


def _runs(pod: Body | None, *, not_uid: str) -> bool:
    if pod is None or pod["metadata"]["uid"] == not_uid:
        return False
    statuses = pod["status"].get("containerStatuses") or ()
    return bool(statuses) and all("running" in status["state"] for status in statuses)


def _wait_out(until: float) -> None:
    """Let a fault last until then."""
    wait_until(lambda: time.monotonic() >= until, limit_seconds=60)
