"""Findings: what someone should look at, and whether somebody did in time."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.board import HERE, INQUIRY_ORGANISATION, board, text
from dashboards.panels import NONE_IS_GOOD, lines, number, rows, series
from dashboards.sources import EVERYDAY, Question

_ANY = f"(application = '' OR {HERE})"
"""A finding about several applications names none."""
_FOUND = f"FROM board_findings WHERE $__timeFilter(at) AND {_ANY}"
_TERM = "toIntervalHour(toUInt32(${term:singlequote}))"
_IN_TERM = (
    "countIf(reviewed_at IS NOT NULL AND "
    f"reviewed_at <= at + {_TERM}) / "
    f"nullIf(countIf(reviewed_at IS NOT NULL OR (state != 'suppressed' "
    f"AND at + {_TERM} <= now64(9, 'UTC'))), 0) AS share"
)
_BY_SEVERITY = f"""
SELECT $__timeInterval(at) AS time, toString(severity) AS severity, count() AS findings
{_FOUND} AND state = 'open'
GROUP BY time, severity ORDER BY time"""
_STATES = f"""
SELECT $__timeInterval(at) AS time, state, count() AS findings
{_FOUND}
GROUP BY time, state ORDER BY time"""
_ROWS = f"""
SELECT at AS time, toString(severity) AS severity, state, detection, employee,
    sentence, application, id
{_FOUND}
ORDER BY state = 'open' DESC, board_findings.severity DESC, time DESC LIMIT 500"""
_BY_DETECTION = f"""
SELECT detection, count() AS findings, countIf(state = 'open') AS open,
    countIf(state = 'explained') AS explained,
    countIf(state = 'escalated') AS escalated,
    countIf(state = 'suppressed') AS suppressed
{_FOUND}
GROUP BY detection ORDER BY findings DESC LIMIT 100"""


def findings() -> Dashboard:
    """The board."""
    employee = (
        f"/d/whosaw-employee?orgId={INQUIRY_ORGANISATION}"
        "&var-employee=${__value.raw}&${__url_time_range}"
    )
    return (
        board(
            "findings",
            "Findings",
            "What should be looked at, and was it in time?",
            EVERYDAY,
            period="now-30d",
        )
        .with_variable(
            text("term", "Term in hours", "72", "A finding is reviewed within it.")
        )
        .with_panel(
            number(
                "Open",
                "Findings of the period that nobody reviewed yet.",
                Question(f"SELECT countIf(state = 'open') AS open {_FOUND}", EVERYDAY),
            )
        )
        .with_panel(
            number(
                "Open and high",
                "Those of high severity.",
                Question(
                    "SELECT countIf(state = 'open' AND severity = 'high') AS open "
                    + _FOUND,
                    EVERYDAY,
                ),
                steps=NONE_IS_GOOD,
            )
        )
        .with_panel(
            number(
                "Reviewed within the term",
                "Share of the findings reviewed, or overdue, whose first review came "
                "within the term above.",
                Question(f"SELECT {_IN_TERM} {_FOUND}", EVERYDAY),
                "percentunit",
                steps=((None, "red"), (0.8, "orange"), (0.95, "green")),
            )
        )
        .with_panel(
            number(
                "Escalated",
                "Findings of the period that were passed on.",
                Question(
                    f"SELECT countIf(state = 'escalated') AS findings {_FOUND}",
                    EVERYDAY,
                ),
            )
        )
        .with_panel(
            lines(
                "Open by severity",
                "Findings nobody reviewed yet, by when they were found.",
                series(_BY_SEVERITY, EVERYDAY),
                stacked=True,
            )
        )
        .with_panel(
            lines(
                "Findings by state",
                "When they were found, by what they are now.",
                series(_STATES, EVERYDAY),
                stacked=True,
            )
        )
        .with_panel(
            rows(
                "Findings",
                "Open ones first, then by severity; at most 500. Suppressed: nobody "
                "has to look, for a reason that was given beforehand.",
                Question(_ROWS, EVERYDAY),
                links={"employee": ("Who this is (inquiry organisation)", employee)},
                width=24,
            )
        )
        .with_panel(
            rows(
                "By detection",
                "What each detection found in the period, and what became of it.",
                Question(_BY_DETECTION, EVERYDAY),
                width=24,
            )
        )
    )
