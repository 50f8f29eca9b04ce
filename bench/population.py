"""A thousand instances, created at once, and the time at which their last child appeared.

Their pods select a node that does not exist, so only the control plane is measured, on a cluster with or without nodes.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from bench.errors import BenchError
from bench.ground import NAMESPACE
from bench.kube import Kube, Sighting
from kuberedis_core.api_kind import Kind
from kuberedis_core.crd.kind import API_VERSION, KIND
from kuberedis_core.crd.names import (
    authority_secret_name,
    config_map_name,
    disruption_budget_name,
    headless_service_name,
    http_service_name,
    member_service_name,
    replication_secret_name,
    secret_name,
    tls_secret_name,
)
from kuberedis_operator.resources.kinds import (
    CONFIG_MAP,
    DISRUPTION_BUDGET,
    INGRESS,
    INSTANCE,
    NETWORK_POLICY,
    SECRET,
    SERVICE,
    STATEFUL_SET,
)

CHILDREN: dict[Kind, tuple[Callable[[str], str], ...]] = {
    SECRET: (secret_name,),
    CONFIG_MAP: (config_map_name,),
    SERVICE: (headless_service_name, http_service_name),
    STATEFUL_SET: (str,),
    INGRESS: (str,),
    NETWORK_POLICY: (str,),
}
"""The children of an instance: for each kind, functions from the instance's name to the child's."""

CHILDREN_OF_SEVERAL_MEMBERS: dict[Kind, tuple[Callable[[str], str], ...]] = {
    SECRET: (replication_secret_name, authority_secret_name, tls_secret_name),
    DISRUPTION_BUDGET: (disruption_budget_name,),
}
"""What an instance of several members has besides, apart from a Service for each."""

_CLIENTS = 16
_NODE_SELECTOR = {"kuberedis-bench/no-such-node": "true"}


def instance(name: str, **spec: Any) -> dict[str, Any]:
    """The manifest of a small instance."""
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": {"capacity": "64Mi", "deletionPolicy": "Delete", **spec}}


def unschedulable(name: str, **spec: Any) -> dict[str, Any]:
    """The manifest of an instance whose pods stay pending on every cluster."""
    return instance(name, podTemplate={"nodeSelector": _NODE_SELECTOR}, **spec)


def _children(name: str, members: int) -> Iterator[tuple[Kind, str]]:
    for kind, names_of in CHILDREN.items():
        yield from ((kind, name_of(name)) for name_of in names_of)
    if members > 1:
        for kind, names_of in CHILDREN_OF_SEVERAL_MEMBERS.items():
            yield from ((kind, name_of(name)) for name_of in names_of)
        yield from ((SERVICE, member_service_name(name, ordinal)) for ordinal in range(members))


class Population:
    """`size` instances of so many members each, which `create` creates."""

    def __init__(self, kube: Kube, size: int, members: int) -> None:
        self.names = [f"many-{number}" for number in range(size)]
        self._kube = kube
        self._spec = {"replicas": members} if members > 1 else {}
        self._missing = {(kind.path(NAMESPACE), child) for name in self.names for kind, child in _children(name, members)}
        self.children = len(self._missing)
        self._complete = threading.Event()
        self._last_seen = 0.0

    def create(self) -> None:
        """Create all instances, several at a time, as several clients would."""

        def create(name: str) -> None:
            self._kube.create(INSTANCE.path(NAMESPACE), unschedulable(name, **self._spec))

        with ThreadPoolExecutor(_CLIENTS) as clients:
            list(clients.map(create, self.names))

    def wait_for_children(self, seconds: float) -> float:
        """When the last child was seen (`time.perf_counter`).

        Raises:
            BenchError: Children were still missing after `seconds`.
        """
        if not self._complete.wait(seconds):
            some = ", ".join(f"{path.rpartition('/')[2]} {name}" for path, name in sorted(self._missing)[:5])
            raise BenchError(f"{len(self._missing)} children are missing after {seconds:.0f} s, for example {some}")
        return self._last_seen

    def _seen(self, sighting: Sighting) -> None:
        if self._complete.is_set():
            return
        self._missing.discard((sighting.path, sighting.name))
        self._last_seen = max(self._last_seen, sighting.at)
        if not self._missing:
            self._complete.set()


@contextmanager
def watched(kube: Kube, size: int, members: int) -> Iterator[Population]:
    """A population that is not created yet, with watches on its children while the block runs."""
    population = Population(kube, size, members)
    with ExitStack() as watches:
        for resource in (CHILDREN | CHILDREN_OF_SEVERAL_MEMBERS) if members > 1 else CHILDREN:
            watches.enter_context(kube.watch(resource.path(NAMESPACE), population._seen))  # noqa: SLF001  (the two are one)
        yield population
