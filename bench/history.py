"""What the complete runs of `make bench` found: a line of JSON for each in `bench/history.jsonl`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.machine import Machine
from bench.measure import Spread, Verdict

FILE = Path(__file__).parent / "history.jsonl"
_NEWEST = 20


@dataclass(frozen=True)
class Run:
    """When and where a run was, and the medians that it found, by bar and figure."""

    date: str
    cpu: str
    cores: int
    python: str
    figures: dict[str, float]


def run_of(machine: Machine, verdicts: Sequence[Verdict]) -> Run:
    """What is kept of a run."""
    found = {_name(each.bar, each.what): round(each.value, 4) for each in verdicts if each.value is not None}
    return Run(machine.date, machine.cpu, machine.cores, machine.python.partition(" ")[0], found)


def read(file: Path = FILE) -> list[Run]:
    """The newest runs, in the order in which they were."""
    lines = file.read_text().splitlines() if file.exists() else []
    return [Run(**json.loads(line)) for line in lines[-_NEWEST:]]


def append(run: Run, file: Path = FILE) -> None:
    """Keep a run."""
    with file.open("a") as history:
        history.write(json.dumps(asdict(run), ensure_ascii=False) + "\n")


def description(runs: Sequence[Run]) -> str:
    """How many runs they are, on how many days, and on what machines, without a full stop."""
    machines = sorted({f"{run.cpu} with {run.cores} cores and Python {run.python}" for run in runs})
    days = len({run.date for run in runs})
    return f"Medians of {count(len(runs), 'run')} on {count(days, 'day')}: {'; '.join(machines)}"


def rows(verdicts: Sequence[Verdict], runs: Sequence[Run]) -> tuple[list[str], list[list[str]]]:
    """Headings, and a row for each figure of `verdicts` that several runs are compared by."""
    cells = []
    for verdict in verdicts:
        found = values(runs, verdict.bar, verdict.what)
        if found:
            spread = Spread.of(found)
            shown = [f"{value:#.3g} {verdict.unit}" for value in (spread.median, spread.low, spread.high)]
            cells.append([verdict.bar, verdict.what, verdict.wanted, *shown, str(len(found))])
    return ["bar", "figure", "target", "median", "lowest", "highest", "runs"], cells


def values(runs: Sequence[Run], bar: str, what: str) -> list[float]:
    """A figure's value in each of the runs that have it."""
    name = _name(bar, what)
    return [run.figures[name] for run in runs if name in run.figures]


def _name(bar: str, what: str) -> str:
    return f"{bar}: {what}"


def count(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
