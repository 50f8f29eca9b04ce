"""What the bars of the control plane share: one cluster, one operator at a time, and the instances that it keeps."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench import population
from bench.ground import Ground, prepared
from bench.kube import Kube
from bench.operator_process import Operator, operator
from bench.population import Population

_CHILDREN_SECONDS = 600.0


@dataclass(frozen=True)
class Sizes:
    """How much is measured: instances of the population, and for how long nothing may happen."""

    instances: int
    quiet_seconds: float


@dataclass(frozen=True)
class Creation:
    """A complete population, who made its children, and how long it took to apply it, and until the last child was there."""

    population: Population
    operator: Operator
    applied_seconds: float
    children_seconds: float


class ClusterStage:
    """`python` runs the operators; files are below `folder`."""

    ground: Ground
    kube: Kube

    def __init__(self, folder: Path, python: str, sizes: Sizes) -> None:
        self.sizes = sizes
        self._folder = folder
        self._python = python
        self._operator: Operator | None = None
        self._operator_ends = ExitStack()

    @contextmanager
    def on_cluster(self) -> Iterator[None]:
        """The cluster of KUBECONFIG is prepared, and what was made there is removed at the end."""
        with closing(Kube()) as self.kube, prepared(self.kube) as self.ground:
            try:
                yield
            finally:
                self.stop_operator()

    def ensure_operator(self) -> Operator:
        """The one that runs, started when there is none."""
        if self._operator is None:
            self._operator = self._operator_ends.enter_context(operator(self._python, self._folder, self.ground))
        return self._operator

    def stop_operator(self) -> None:
        """End it; the next `ensure_operator` starts another."""
        self._operator = None
        self._operator_ends.close()

    @cached_property
    def creation(self) -> Creation:
        """The population, applied at once when it is first asked for, with an operator at work."""
        with population.watched(self.kube, self.sizes.instances) as made:
            operator = self.ensure_operator()
            begun = time.perf_counter()
            made.create()
            applied = time.perf_counter()
            complete = made.wait_for_children(_CHILDREN_SECONDS)
            return Creation(made, operator, applied - begun, complete - begun)
