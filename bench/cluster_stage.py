"""What the operator's bars share: one cluster, one operator at a time, and its population of instances."""

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
    """The number of instances in the population and of members of each, and the duration of the idle phase."""

    instances: int
    quiet_seconds: float
    members: int = 1


@dataclass(frozen=True)
class Creation:
    """A complete population, the operator that created its children, the time to apply it and the time to its last child."""

    population: Population
    operator: Operator
    applied_seconds: float
    children_seconds: float


class ClusterStage:
    """Runs operators with the interpreter `python`; files are below `folder`."""

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
        """Prepare the cluster of KUBECONFIG, and remove at the end what was created there."""
        with closing(Kube()) as self.kube, prepared(self.kube) as self.ground:
            try:
                yield
            finally:
                self.stop_operator()

    def ensure_operator(self) -> Operator:
        """The running operator, started if there is none."""
        if self._operator is None:
            self._operator = self._operator_ends.enter_context(operator(self._python, self._folder, self.ground))
        return self._operator

    def stop_operator(self) -> None:
        """Stop the operator; the next `ensure_operator` starts another."""
        self._operator = None
        self._operator_ends.close()

    @cached_property
    def creation(self) -> Creation:
        """The population, created on first access while an operator runs."""
        with population.watched(self.kube, self.sizes.instances, self.sizes.members) as made:
            operator = self.ensure_operator()
            begun = time.perf_counter()
            made.create()
            applied = time.perf_counter()
            complete = made.wait_for_children(_CHILDREN_SECONDS)
            return Creation(made, operator, applied - begun, complete - begun)
