"""What several runs of the benchmarks found, and what README.md says of it."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from bench import claims, history
from bench.bars import footprint, large_values, throughput
from bench.history import Run
from bench.machine import Machine
from bench.measure import Spread, Verdict

MACHINE = Machine("2026-11-28", "AMD EPYC", 2, 24.0, "6.18", "3.11.7 (May 9 2026, GCC 12.2.0)", 0.5, {})
RATIO = Verdict.at_least("throughput", "GET", Spread(1.4321999, 1.4, 1.5), 1.3, stretch=1.5)
MEMORY = Verdict("footprint", "idle", "≤ 40 MiB", "39.00 MiB", True, 39.0, "MiB")
TIME = Verdict("latency", "p99", "≤ 2 ms", "1.50 ms", True)


def run(date: str, cpu: str = "AMD EPYC", **figures: float) -> Run:
    """A run that found these figures of GET, SET, larger values and memory."""
    names: dict[str, tuple[str, Iterable[str]]] = {
        "get": (throughput.NAME, throughput.PROCESSOR_TIME["GET"]),
        "set": (throughput.NAME, throughput.PROCESSOR_TIME["SET"]),
        "large_get": (large_values.NAME, large_values.REQUESTS["GET"]),
        "large_set": (large_values.NAME, large_values.REQUESTS["SET"]),
        "memory": (footprint.NAME, [footprint.IDLE]),
    }
    found = {f"{bar}: {what}": figures.get(short, 1.0) for short, (bar, whats) in names.items() for what in whats}
    return Run(date, cpu, 2, "3.11.7", found)


def test_a_run_keeps_the_figures_that_carry_further_than_a_machine(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    assert history.read(file) == []
    for _ in range(2):
        history.append(history.run_of(MACHINE, [RATIO, MEMORY, TIME]), file)
    kept = Run("2026-11-28", "AMD EPYC", 2, "3.11.7", {"throughput: GET": 1.4322, "footprint: idle": 39.0})
    assert history.read(file) == [kept, kept]
    assert [json.loads(line)["date"] for line in file.read_text().splitlines()] == ["2026-11-28"] * 2


def test_the_spread_over_runs_is_of_those_that_have_the_figure() -> None:
    runs = [Run("", "", 2, "", {"throughput: GET": value}) for value in (1.5, 1.25, 1.3)] + [Run("", "", 2, "", {"footprint: idle": 38.9})]
    assert history.rows([RATIO, MEMORY, TIME], runs)[1] == [
        ["throughput", "GET", "≥ 1.3 ×, stretch 1.5 ×", "1.30 ×", "1.25 ×", "1.50 ×", "3"],
        ["footprint", "idle", "≤ 40 MiB", "38.9 MiB", "38.9 MiB", "38.9 MiB", "1"],
    ]


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ([run("2026-11-28")], "Medians of 1 run on 1 day: AMD EPYC with 2 cores and Python 3.11.7"),
        (
            [run("2026-11-28"), run("2026-11-28"), run("2026-11-29", "Graviton")],
            "Medians of 3 runs on 2 days: AMD EPYC with 2 cores and Python 3.11.7; Graviton with 2 cores and Python 3.11.7",
        ),
    ],
)
def test_runs_are_described_by_days_and_machines(runs: list[Run], text: str) -> None:
    assert history.description(runs) == text


def test_the_claim_has_the_lowest_and_the_highest_of_all_runs_and_the_rest_stays() -> None:
    text = "# Name\n- **Measured.** <!-- by make bench -->\n  An earlier claim,\n  in two lines.\n  <!-- to here -->\n- Another.\n"
    runs = [run("2026-11-28", get=1.42, large_set=0.271, memory=39.4), run("2026-11-29", get=1.31, large_set=12.3, memory=38.7)]
    claim = " ".join(claims.refreshed(text, runs).split())
    assert claim.startswith("# Name - **Measured.** <!-- by make bench --> A Python gateway")
    assert claim.endswith("See the [benchmarks](docs/understand/benchmarks.md). <!-- to here --> - Another.")
    for part in (
        "takes 1.31 to 1.42 times its processor time for a GET of 32 bytes, and 1.00 times for a SET",
        "1.0 times as many GETs per second, and 0.27 to 12 times as many SETs",
        "medians of 2 runs on 2 days and 1 kind of machine",
        "about 39 MiB",
    ):
        assert part in claim


def test_the_readme_says_what_the_kept_runs_found() -> None:
    text, runs = claims.README.read_text(), history.read()
    assert claims.refreshed(text, [run("2026-11-28", get=99.0)]) != text
    assert claims.refreshed(text, runs) == text
