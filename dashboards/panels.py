"""The kinds of panel boards are made of, each with the same looks everywhere.

A panel has a title, one sentence that says what it shows, a unit, and where it
matters thresholds. Widths are of 24 columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import heatmap, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
)

from dashboards.sources import Asked, Question, Shape, metric

Steps = Sequence[tuple[float | None, str]]
"""From which value (None: from the least) which colour."""

PLAIN: Steps = ((None, "text"),)
NONE_IS_GOOD: Steps = ((None, "green"), (1, "red"))


def thresholds(steps: Steps) -> build.ThresholdsConfig:
    """Colours by absolute value."""
    return (
        build.ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=value, color=color) for value, color in steps])
    )


def number(
    title: str,
    says: str,
    asks: Question | str,
    unit: str = "short",
    *,
    steps: Steps = PLAIN,
    width: int = 6,
    source: DataSourceRef | None = None,
) -> stat.Panel:
    """One number of now or of the period."""
    target, ref = _target(asks, source)
    panel = stat.Panel().title(title).description(says).datasource(ref)
    return (
        panel.unit(unit)
        .span(width)
        .height(4)
        .thresholds(thresholds(steps))
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.VALUE)
        .reduce_options(build_common.ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(target)
    )


def lines(
    title: str,
    says: str,
    asks: Question | Mapping[str, str],
    unit: str = "short",
    *,
    steps: Steps | None = None,
    width: int = 12,
    stacked: bool = False,
    source: DataSourceRef | None = None,
) -> timeseries.Panel:
    """Values over time: a question, or PromQL by legend."""
    panel = timeseries.Panel().title(title).description(says).unit(unit).min(0)
    panel = panel.span(width).height(8).fill_opacity(10)
    panel = panel.tooltip(
        build_common.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI)
    )
    if stacked:
        panel = panel.draw_style(common.GraphDrawStyle.BARS).fill_opacity(80)
        panel = panel.stacking(
            build_common.StackingConfig().mode(common.StackingMode.NORMAL)
        )
    if steps is not None:
        panel = panel.thresholds(thresholds(steps)).thresholds_style(
            build_common.GraphThresholdsStyleConfig().mode(
                common.GraphTresholdsStyleMode.DASHED
            )
        )
    if isinstance(asks, Question):
        target, ref = _target(asks, source)
        return panel.datasource(ref).with_target(target)
    assert source is not None
    panel = panel.datasource(source)
    for letter, (legend, expr) in zip("ABCDEFGH", asks.items(), strict=False):
        panel = panel.with_target(metric(expr, legend, letter))
    return panel


def rows(
    title: str,
    says: str,
    asks: Question,
    *,
    units: Mapping[str, str] | None = None,
    links: Mapping[str, tuple[str, str]] | None = None,
    width: int = 12,
) -> table.Panel:
    """A table; ``units`` by column; ``links`` by column: what it opens and where."""
    target, ref = _target(asks, None)
    panel = table.Panel().title(title).description(says).datasource(ref)
    panel = panel.span(width).height(9).with_target(target).no_value("none")
    for column, unit in (units or {}).items():
        panel = panel.override_by_name(
            column, [DynamicConfigValue(id_val="unit", value=unit)]
        )
    for column, (name, url) in (links or {}).items():
        link = {"title": name, "url": url, "targetBlank": False}
        panel = panel.override_by_name(
            column, [DynamicConfigValue(id_val="links", value=[link])]
        )
    return panel


def heat(title: str, says: str, asks: Question, *, width: int = 12) -> heatmap.Panel:
    """Rows of colour over time: one series a row, named by its only label."""
    target, ref = _target(asks, None)
    return (
        heatmap.Panel()
        .title(title)
        .description(says)
        .datasource(ref)
        .span(width)
        .height(9)
        .calculate(False)
        .display_name("${__field.labels.hour_of_day}")
        .with_target(target)
    )


def _target(
    asks: Question | str, source: DataSourceRef | None
) -> tuple[Builder[Dataquery], DataSourceRef]:
    if isinstance(asks, Question):
        return Asked(asks), asks.source
    assert source is not None
    return metric(asks), source


def series(sql: str, source: DataSourceRef) -> Question:
    """A question whose rows are points in time."""
    return Question(sql, source, Shape.SERIES)
