"""The outcome of a run, and the page in docs/ that reports it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import figures, history
from bench.history import Run
from bench.machine import Machine
from bench.measure import Bar, Results, Verdict


@dataclass(frozen=True)
class Outcome:
    """The machine, the method in a sentence or two, and the results of a run; and the runs that its figures are compared over."""

    machine: Machine
    method: str
    bars: list[Bar]
    results: Results
    verdicts: list[Verdict]
    runs: Sequence[Run] = ()


@dataclass(frozen=True)
class Page:
    """A page that a single command writes as a whole, so that all its figures come from one run."""

    path: Path
    title: str
    introduction: str

    def write(self, outcome: Outcome) -> None:
        """Write the page, replacing the existing one."""
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(self._markdown(outcome))

    def _markdown(self, outcome: Outcome) -> str:
        machine = outcome.machine
        versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
        lines = [
            f"# {self.title}",
            "",
            self.introduction,
            "",
            (
                f"{machine.date}, {machine.cpu}, {machine.cores} cores, {machine.memory_gib:.0f} GiB, "
                f"Linux {machine.kernel}, Python {machine.python}, load average before the run {machine.load:.2f}."
            ),
            f"{versions}.",
            "",
            outcome.method,
            "",
            "## The bars",
            "",
            *_markdown_table(
                ["bar", "figure", "target", "measured", ""],
                [[row.bar, row.what, row.wanted, row.measured, "met" if row.met else "**missed**"] for row in outcome.verdicts],
            ),
        ]
        if outcome.runs:
            headings, rows = history.rows(outcome.verdicts, outcome.runs)
            lines += ["", "## Over several runs", "", f"{history.description(outcome.runs)}.", "", *_markdown_table(headings, rows)]
        for bar in outcome.bars:
            headings, rows = figures.rows(bar, outcome.results)
            lines += ["", f"## {bar.title}", "", *_markdown_table(["", "contender", *headings], rows)]
        return "\n".join(lines) + "\n"


def _markdown_table(headings: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (headings, ["---"] * len(headings), *rows)]
