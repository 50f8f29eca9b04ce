"""Bars, their cases and results, and the order in which cases are run.

A machine's speed drifts from one minute to the next, so contenders are interleaved: each round runs every case once, every other
round in reverse order.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

Sample = Mapping[str, float]


@dataclass(frozen=True, order=True)
class Label:
    """Identifies a row of the results: the bar, the work, and the contender that does it."""

    bar: str
    work: str
    contender: str


@dataclass(frozen=True)
class Case:
    """One measurement; `run` returns its figures, each under a name that ends in its unit.

    `once` marks cases that take so long, or vary so little, that one round is enough.
    """

    label: Label
    run: Callable[[], Sample]
    once: bool = False


@dataclass(frozen=True)
class Spread:
    """Median, lowest and highest value over the rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """The spread of at least one value."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Verdict:
    """A measured figure and the value that the bar requires.

    `value` is the measured median, of those figures that several runs are compared by: ratios and amounts of memory, which depend less on
    the machine and the day than times do. `unit` is what follows it.
    """

    bar: str
    what: str
    wanted: str
    measured: str
    met: bool
    value: float | None = None
    unit: str = "×"

    @classmethod
    def at_least(cls, bar: str, what: str, ratio: Spread, least: float, *, stretch: float | None = None) -> "Verdict":
        """The verdict on a ratio that should be `least` or more, and that would better be `stretch`."""
        wanted = f"≥ {least} ×" + (f", stretch {stretch} ×" if stretch is not None else "")
        return cls(bar, what, wanted, _shown(ratio), ratio.median >= least, ratio.median)

    @classmethod
    def at_most(cls, bar: str, what: str, ratio: Spread, most: float) -> "Verdict":
        """The verdict on a ratio that should be `most` or less."""
        return cls(bar, what, f"≤ {most} ×", _shown(ratio), ratio.median <= most, ratio.median)


def _shown(ratio: Spread) -> str:
    return f"{ratio.median:#.3g} × ({ratio.low:#.3g}–{ratio.high:#.3g})"


class Results:
    """The samples measured so far."""

    def __init__(self) -> None:
        self._samples: dict[Label, list[Sample]] = defaultdict(list)

    def add(self, label: Label, sample: Sample) -> None:
        """Adds one round's sample of a case."""
        self._samples[label].append(sample)

    def labels(self, bar: str) -> list[Label]:
        """The rows of a bar, in the order in which they were first measured."""
        return [label for label in self._samples if label.bar == bar]

    def figures(self, label: Label) -> list[str]:
        """The names of the figures of a row."""
        return list(self._samples[label][0])

    def values(self, label: Label, figure: str) -> list[float]:
        """One value per round, in the order of the rounds."""
        return [sample[figure] for sample in self._samples[label]]

    def spread(self, label: Label, figure: str) -> Spread:
        """The spread of a figure."""
        return Spread.of(self.values(label, figure))

    def ratio(self, label: Label, to: Label, figure: str) -> Spread:
        """The spread of two rows' ratios, each within a round: the speed of the machine, which drifts, is then the same for both."""
        pairs = zip(self.values(label, figure), self.values(to, figure), strict=True)
        return Spread.of([value / other for value, other in pairs])


@dataclass(frozen=True)
class Bar:
    """A performance target of the project: the cases to measure, and how to judge their figures."""

    name: str
    title: str
    cases: list[Case]
    judge: Callable[[Results], list[Verdict]]


def interleaved(cases: list[Case], rounds: int) -> Iterator[tuple[int, Case]]:
    """Every case once per round, in alternating order; the cases that run once come after all rounds."""
    every_round = [case for case in cases if not case.once]
    for number in range(rounds):
        for case in every_round if number % 2 == 0 else reversed(every_round):
            yield number, case
    for case in cases:
        if case.once:
            yield rounds, case
