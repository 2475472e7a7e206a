"""What every board has: identity, period, variables and links to the others."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from dashboards.sources import METRICS

INQUIRY_ORGANISATION = 2
"""Number of the Grafana organisation the boards of an inquiry are provisioned to."""

HERE = "$__conditionalAll(application IN (${application:singlequote}), $application)"
"""Condition: of the applications that are chosen above the board."""

_APPLICATIONS = "SELECT application FROM board_applications ORDER BY application"


def board(
    name: str,
    title: str,
    says: str,
    source: DataSourceRef,
    *,
    period: str = "now-7d",
) -> build.Dashboard:
    """A board without panels yet; ``name`` makes its address ``/d/whosaw-name``."""
    made = (
        build.Dashboard(f"Whosaw: {title}")
        .uid(f"whosaw-{name}")
        .description(says)
        .tags(["whosaw"])
        .time(period, "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(
            build.DashboardLink("Boards")
            .type(DashboardLinkType.DASHBOARDS)
            .tags(["whosaw"])
            .as_dropdown(True)
            .keep_time(True)
            .include_vars(False)
        )
    )
    if source.uid == METRICS.uid:
        return made
    return made.with_variable(
        chosen("application", "Application", _APPLICATIONS, source)
        .include_all(True)
        .multi(True)
        .current(VariableOption(text="All", value="$__all", selected=True))
    ).with_variable(
        text("timezone", "Time zone", "UTC", "Of the hours of the day: an IANA name.")
    )


def chosen(
    name: str, label: str, sql: str, source: DataSourceRef
) -> build.QueryVariable:
    """A list to choose from: the answer to ``sql`` (value, and text if it differs)."""
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(source)
        .query({"rawSql": sql, "refId": name})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )


def text(name: str, label: str, value: str, says: str) -> build.TextBoxVariable:
    """A field to type into."""
    return (
        build.TextBoxVariable(name)
        .label(label)
        .description(says)
        .default_value(value)
        .current(VariableOption(text=value, value=value, selected=True))
    )
