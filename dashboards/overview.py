"""Overview: how much is looked at, by how many, and is today as other days."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.board import HERE, INQUIRY_ORGANISATION, board
from dashboards.panels import heat, lines, number, rows, series
from dashboards.sources import EVERYDAY, Question

_HOURS = f"FROM board_hours WHERE $__timeFilter(hour) AND {HERE}"
_DAYS = f"FROM board_days WHERE $__dateFilter(day) AND {HERE}"

_BY_HOUR = f"""
SELECT $__timeInterval(hour) AS time, sum(views) AS views
{_HOURS}
GROUP BY time ORDER BY time"""
_EMPLOYEES = f"""
SELECT $__timeInterval(hour) AS time, uniqIf(employee, employee != '') AS employees
{_HOURS}
GROUP BY time ORDER BY time"""
_SUBJECTS = f"""
SELECT toDateTime(day, 'UTC') AS time, uniqMerge(subjects) AS clients
{_DAYS}
GROUP BY time ORDER BY time"""
_SEARCHES = f"""
SELECT
    $__timeInterval(hour) AS time,
    sumIf(views, action = 'search') AS "shown by a search",
    sumIf(views, action IN ('export', 'print')) AS "exported or printed"
{_HOURS}
GROUP BY time ORDER BY time"""
_TOP = f"""
SELECT employee, any(actor_kind) AS account, uniqMerge(subjects) AS clients
{_DAYS} AND employee != ''
GROUP BY employee ORDER BY clients DESC LIMIT 20"""
_EXPORTERS = f"""
SELECT employee, sum(views) AS records
{_HOURS} AND employee != '' AND action IN ('export', 'print')
GROUP BY employee ORDER BY records DESC LIMIT 20"""
_HEAT = f"""
SELECT
    toStartOfDay(hour, ${{timezone:singlequote}}) AS time,
    leftPad(toString(toHour(hour, ${{timezone:singlequote}})), 2, '0') AS hour_of_day,
    sum(views) AS views
{_HOURS}
GROUP BY time, hour_of_day ORDER BY time, hour_of_day"""
_TODAY = f"""
SELECT
    hour AS time,
    sum(today) AS today,
    sum(before) / 4 AS "mean of the four same weekdays before"
FROM
(
    SELECT hour, sum(views) AS today, 0 AS before
    FROM board_hours
    WHERE hour > $__toTime - INTERVAL 1 DAY AND hour <= $__toTime AND {HERE}
    GROUP BY hour
    UNION ALL
    SELECT hour + toIntervalDay(7 * week) AS hour, 0 AS today, views AS before
    FROM
    (
        SELECT hour, sum(views) AS views
        FROM board_hours
        WHERE hour > $__toTime - INTERVAL 29 DAY AND {HERE}
        GROUP BY hour
    )
    ARRAY JOIN [1, 2, 3, 4] AS week
    WHERE hour > $__toTime - toIntervalDay(7 * week + 1)
        AND hour <= $__toTime - toIntervalDay(7 * week)
)
GROUP BY time ORDER BY time"""

_TO_INQUIRY = (
    "Who this is (inquiry organisation)",
    (
        f"/d/whosaw-employee?orgId={INQUIRY_ORGANISATION}"
        "&var-employee=${__value.raw}&${__url_time_range}"
    ),
)


def overview() -> Dashboard:
    """The board."""
    hours = f"SELECT sum(views) AS views {_HOURS}"
    known = f"SELECT uniqIf(employee, employee != '') AS employees {_HOURS}"
    clients = f"SELECT uniqMerge(subjects) AS clients {_DAYS}"
    exports = f"SELECT sumIf(views, action IN ('export', 'print')) AS records {_HOURS}"
    return (
        board(
            "overview", "Overview", "What is looked at, and is it as usual?", EVERYDAY
        )
        .with_panel(
            number(
                "Views",
                "Records of clients shown in the period, lists and searches included.",
                Question(hours, EVERYDAY),
            )
        )
        .with_panel(
            number(
                "Employees",
                "Accounts with at least one view in the period.",
                Question(known, EVERYDAY),
            )
        )
        .with_panel(
            number(
                "Clients opened",
                "Different clients whose record was opened, on the days (UTC) the "
                "period touches.",
                Question(clients, EVERYDAY),
            )
        )
        .with_panel(
            number(
                "Exported or printed",
                "Records that left in an export or a print.",
                Question(exports, EVERYDAY),
            )
        )
        .with_panel(
            lines(
                "Today against normal",
                "Views by the hour in the 24 hours up to the end of the period, and "
                "the mean of the same hours one to four weeks before.",
                series(_TODAY, EVERYDAY),
            )
        )
        .with_panel(
            lines(
                "Views",
                "Records of clients shown.",
                series(_BY_HOUR, EVERYDAY),
                stacked=True,
            )
        )
        .with_panel(
            lines(
                "Employees at work",
                "Different accounts with a view.",
                series(_EMPLOYEES, EVERYDAY),
            )
        )
        .with_panel(
            lines(
                "Clients opened a day",
                "Different clients whose record was opened on each day (UTC).",
                series(_SUBJECTS, EVERYDAY),
            )
        )
        .with_panel(
            lines(
                "Searches and exports",
                "Records shown by a search, and records exported or printed.",
                series(_SEARCHES, EVERYDAY),
            )
        )
        .with_panel(
            heat(
                "Hours of the day",
                "Views by day and hour, in the time zone chosen above.",
                series(_HEAT, EVERYDAY),
            )
        )
        .with_panel(
            rows(
                "Most clients opened",
                "Accounts (pseudonyms) that opened the records of the most clients.",
                Question(_TOP, EVERYDAY),
                links={"employee": _TO_INQUIRY},
            )
        )
        .with_panel(
            rows(
                "Most exported or printed",
                "Accounts (pseudonyms) with the most records exported or printed.",
                Question(_EXPORTERS, EVERYDAY),
                links={"employee": _TO_INQUIRY},
            )
        )
    )
