"""Formatting of figures in tables, on a terminal and on a page."""

from bench.measure import Bar, Results, Spread


def rows(bar: Bar, results: Results) -> tuple[list[str], list[list[str]]]:
    """The names of a bar's figures, and for each row the work, the contender and the formatted figures."""
    labels = results.labels(bar.name)
    headings = list(dict.fromkeys(figure for label in labels for figure in results.figures(label)))
    cells = []
    for label in sorted(labels, key=[case.label for case in bar.cases].index):
        known = results.figures(label)
        shown = [_spread(results.spread(label, figure)) if figure in known else "" for figure in headings]
        cells.append([label.work, label.contender, *shown])
    return headings, cells


def _spread(spread: Spread) -> str:
    if spread.low == spread.high:
        return number(spread.median)
    return f"{number(spread.median)} ({number(spread.low)}–{number(spread.high)})"


def number(value: float) -> str:
    """A number with at least three significant digits."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
