"""What README.md says of the gateway's speed: a sentence that follows from several runs, so that nobody has to remember to correct it.

`python -m bench.claims` writes it anew, as after lines of the history were removed.
"""

import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from bench import history
from bench.bars import footprint, large_values, throughput
from bench.history import Run

README = Path(__file__).parent.parent / "README.md"
_WIDTH = 150
_CLAIM = re.compile(r"(?<=- \*\*Measured\.\*\* <!-- by make bench -->\n).*?(?=\n  <!-- to here -->)", re.DOTALL)


def refresh(runs: Sequence[Run]) -> None:
    """Have README.md say what these runs found."""
    README.write_text(refreshed(README.read_text(), runs))


def refreshed(text: str, runs: Sequence[Run]) -> str:
    """The text with the claim that follows from these runs; as it is if there are none."""
    return _CLAIM.sub(lambda _: _claim(runs), text, count=1) if runs else text


def _claim(runs: Sequence[Run]) -> str:
    get, set_ = (_range(runs, throughput.NAME, throughput.PROCESSOR_TIME[operation], ".2f") for operation in ("GET", "SET"))
    large_get, large_set = (_range(runs, large_values.NAME, large_values.REQUESTS[operation], "#.2g") for operation in ("GET", "SET"))
    memory = median(history.values(runs, footprint.NAME, footprint.IDLE))
    days, machines = {run.date for run in runs}, {(run.cpu, run.cores) for run in runs}
    places = f"{history.count(len(days), 'day')} and {history.count(len(machines), 'kind')} of machine"
    sentences = (
        "A Python gateway beside webdis, the C program of its kind, on equal cores:"
        f" webdis takes {get} times its processor time for a GET of 32 bytes, and {set_} times for a SET;"
        f" of values of 10 KB to 1 MB the gateway serves {large_get} times as many GETs per second, and {large_set} times as many SETs."
        f" These are the lowest and the highest medians of {history.count(len(runs), 'run')} on {places}."
        f" It takes about {memory:.0f} MiB of memory. See the [benchmarks](docs/understand/benchmarks.md)."
    )
    return textwrap.fill(sentences, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _range(runs: Sequence[Run], bar: str, names: Iterable[str], style: str) -> str:
    """The lowest and the highest of some ratios over all runs, in that format."""
    found = [value for name in names for value in history.values(runs, bar, name)]
    low, high = (f"{value:{style}}".rstrip(".") for value in (min(found), max(found)))
    return low if low == high else f"{low} to {high}"


if __name__ == "__main__":
    refresh(history.read())
