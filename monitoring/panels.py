"""The panels that both dashboards are made of, and the rows that hold them.

A row is a title and panels; each has a width in 24ths. Panels are numbered in their order, so that a dashboard is the same each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any, NamedTuple

from grafana_foundation_sdk.builders import dashboard as board
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

FLEET, INSTANCE = "kuberedis-fleet", "kuberedis-instance"
"""Names of the dashboards."""

DATASOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
_HEIGHT = 8
_SMALL, _WIDE = 4, 12
_GREEN, _ORANGE, _RED = "green", "orange", "red"


class Query(NamedTuple):
    """An expression, and what its series are called: `{{label}}` stands for the value of a label."""

    expression: str
    legend: str


class Row(NamedTuple):
    """Panels below a title."""

    title: str
    panels: list[Builder[model.Panel]]


def graph(title: str, unit: str, *queries: Query, width: int = 8, text: str = "", most: float | None = None) -> Builder[model.Panel]:
    """Series over time.

    Args:
        title: title of the panel.
        unit: a unit of Grafana, such as `bytes`, `s`, `ops`, `percentunit`, `short`.
        queries: what it shows.
        width: width in 24ths.
        text: what a reader should know.
        most: end of the axis, if it is known.
    """
    panel = (
        timeseries.Panel()
        .title(title)
        .description(text)
        .datasource(DATASOURCE)
        .unit(unit)
        .min(0)
        .span(width)
        .height(_HEIGHT)
        .fill_opacity(8)
        .show_points(common.VisibilityMode.NEVER)
        .legend(VizLegendOptions().display_mode(common.LegendDisplayMode.LIST).placement(common.LegendPlacement.BOTTOM).show_legend(True))
        .tooltip(VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
        .targets([_target(ref, query).range() for ref, query in _referred(queries)])
    )
    return panel if most is None else panel.max(most)


def number(title: str, expression: str, *, unit: str = "short", bad: str = "", legend: str = "", text: str = "") -> stat.Panel:
    """One figure of now.

    Args:
        title: title of the panel.
        expression: what it shows.
        unit: a unit of Grafana.
        bad: a colour for any value above 0.
        legend: what it is called; if given, the name is shown instead of the value.
        text: what a reader should know.
    """
    steps = [model.Threshold(value=None, color=_GREEN), *([model.Threshold(value=1, color=bad)] if bad else [])]
    return (
        stat.Panel()
        .title(title)
        .description(text)
        .datasource(DATASOURCE)
        .unit(unit)
        .no_value("–")
        .span(_SMALL)
        .height(_SMALL)
        .graph_mode(common.BigValueGraphMode.NONE)
        .text_mode(common.BigValueTextMode.NAME if legend else common.BigValueTextMode.VALUE)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(board.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps))
        .with_target(_target("A", Query(expression, legend)).instant())
    )


def share(title: str, expression: str, *, orange: float, red: float, text: str = "") -> stat.Panel:
    """One figure of now between 0 and 1, which is bad when it is high."""
    steps = [
        model.Threshold(value=None, color=_GREEN),
        model.Threshold(value=orange, color=_ORANGE),
        model.Threshold(value=red, color=_RED),
    ]
    panel = number(title, expression, unit="percentunit", text=text)
    return panel.thresholds(board.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps))


def listing(title: str, expression: str, columns: Iterable[str], *, text: str = "") -> Builder[model.Panel]:
    """The labels of the series of now, one series a line.

    Args:
        title: title of the panel.
        expression: what it shows.
        columns: the labels, from left to right.
        text: what a reader should know.
    """
    columns = list(columns)
    order = {name: index for index, name in enumerate(columns)}
    tidy = model.DataTransformerConfig(
        id_val="organize", options={"excludeByName": {"Time": True, "Value": True}, "indexByName": order, "renameByName": {}}
    )
    panel = (
        table.Panel()
        .title(title)
        .description(text)
        .datasource(DATASOURCE)
        .no_value("none")
        .span(_WIDE)
        .height(_HEIGHT)
        .with_transformation(tidy)
        .with_target(_target("A", Query(expression, "")).instant().format(PromQueryFormat.TABLE))
    )
    if {"namespace", "name"} <= set(columns):
        chosen = "&".join(f"var-{name}=${{__data.fields.{name}}}" for name in ("namespace", "name"))
        link: dict[str, Any] = {"title": "Show the instance", "url": f"/d/{INSTANCE}?var-datasource=${{datasource}}&{chosen}"}
        panel = panel.override_by_name("name", [model.DynamicConfigValue(id_val="links", value=[link])])
    return panel


def datasource_variable() -> Builder[model.VariableModel]:
    """Lets a reader choose the Prometheus."""
    return board.DatasourceVariable("datasource").label("Data source").type("prometheus")


def label_variable(name: str, selector: str, *, all_of_them: bool = False) -> Builder[model.VariableModel]:
    """Lets a reader choose a value of the label `name` of the series that `selector` selects."""
    variable = (
        board.QueryVariable(name)
        .label(name.capitalize())
        .datasource(DATASOURCE)
        .query({"query": f"label_values({selector}, {name})", "refId": f"variable-{name}"})
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
    )
    if not all_of_them:
        return variable
    everything = model.VariableOption(selected=True, text="All", value="$__all")
    return variable.multi(True).include_all(True).all_value(".*").current(everything)


def assemble(name: str, title: str, text: str, variables: list[Builder[model.VariableModel]], rows: list[Row]) -> board.Dashboard:
    """A dashboard.

    Args:
        name: its uid.
        title: its title.
        text: what it is for.
        variables: what a reader chooses, beside the data source.
        rows: its rows.
    """
    made = (
        board.Dashboard(title)
        .uid(name)
        .description(text)
        .tags(["kuberedis"])
        .refresh("30s")
        .time("now-3h", "now")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .variables([datasource_variable(), *variables])
        .link(board.DashboardLink("KubeRedis").type(model.DashboardLinkType.DASHBOARDS).tags(["kuberedis"]).keep_time(True))
    )
    ids = count(1)
    for row in rows:
        made = made.with_row(board.Row(row.title).id(next(ids)))
        for panel in row.panels:
            made = made.with_panel(_Numbered(panel, next(ids)))
    return made


class _Numbered(Builder[model.Panel]):
    """A panel with its number within the dashboard."""

    def __init__(self, panel: Builder[model.Panel], number: int) -> None:
        self._panel = panel
        self._number = number

    def build(self) -> model.Panel:
        """The panel."""
        panel = self._panel.build()
        panel.id_val = self._number
        return panel


def _referred(queries: Iterable[Query]) -> Iterable[tuple[str, Query]]:
    return zip("ABCDEFGH", queries, strict=False)


def _target(ref: str, query: Query) -> prometheus.Dataquery:
    return prometheus.Dataquery().ref_id(ref).expr(query.expression).legend_format(query.legend).datasource(DATASOURCE)
