"""A run that has ended, and the page docs/benchmarks.md that tells of it."""

from dataclasses import dataclass

from bench import figures
from bench.machine import Machine
from bench.measure import Bar, Results, Verdict


@dataclass(frozen=True)
class Outcome:
    """A whole run: where it was made, how, and what came of it."""

    machine: Machine
    rounds: int
    seconds: float
    bars: list[Bar]
    results: Results
    verdicts: list[Verdict]


def markdown(outcome: Outcome) -> str:
    """The page docs/benchmarks.md."""
    machine = outcome.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; how each figure is taken is told in [bench/README.md](../bench/README.md).",
        "",
        (
            f"{machine.date}, {machine.cpu}, {machine.cores} cores, {machine.memory_gib:.0f} GiB, "
            f"Linux {machine.kernel}, Python {machine.python}, load average before the run {machine.load:.2f}."
        ),
        f"{versions}.",
        "",
        (
            f"{outcome.rounds} rounds in alternating order, {outcome.seconds:g} s for each measurement. A figure is the median "
            "of the rounds, in parentheses the lowest and the highest; a ratio is one of medians, in parentheses the lowest "
            "and the highest within a round."
        ),
        "",
        "## The bars",
        "",
        *_markdown_table(
            ["bar", "what", "wanted", "measured", ""],
            [[row.bar, row.what, row.wanted, row.measured, "met" if row.met else "**missed**"] for row in outcome.verdicts],
        ),
    ]
    for bar in outcome.bars:
        headings, rows = figures.rows(bar, outcome.results)
        lines += ["", f"## {bar.title}", "", *_markdown_table(["", "contender", *headings], rows)]
    return "\n".join(lines) + "\n"


def _markdown_table(headings: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (headings, ["---"] * len(headings), *rows)]
