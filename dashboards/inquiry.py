"""Employee and Subject: with names and subjects, for those who hold an inquiry.

They ask the questions of the command line (``seen_by``, ``who_saw``), so names told
later and names taken back count here as they do there.
"""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.models.dashboard import VariableHide

from dashboards.board import HERE, board, chosen, text
from dashboards.panels import lines, number, rows, series
from dashboards.sources import INQUIRY, Question

_PERIOD = "from = '${__from:date:iso}', to = '${__to:date:iso}'"
_EMPLOYEE = f"FROM seen_by(employee = ${{account:singlequote}}, {_PERIOD}) WHERE {HERE}"
_SUBJECT = (
    "FROM who_saw(subjects = [${subject:singlequote}], subject_type = '', "
    f"{_PERIOD}) WHERE {HERE}"
)
_NAME = "if(learned, learned_actor, actor)"
_STRENGTH = "if(learned, learned_strength, actor_strength)"
_NAMES = "SELECT employee, actor FROM board_private_employees ORDER BY actor"
_ACCOUNT = (
    "SELECT actor FROM board_private_employees WHERE employee = ${employee:singlequote}"
)
_TO_SUBJECT = (
    "Who saw this client",
    "/d/whosaw-subject?var-subject=${__value.raw}&${__url_time_range}",
)
_TO_EMPLOYEE = (
    "What this employee saw",
    "/d/whosaw-employee?var-employee=${__data.fields.employee}&${__url_time_range}",
)
_FINDINGS = (
    "SELECT at AS time, detection, severity, sentence, subject_hex AS client, "
    "suppressed "
    "FROM board_private_findings "
    "WHERE actor = ${account:singlequote} AND $__timeFilter(at) "
    "ORDER BY time DESC LIMIT 200"
)
_BY_ACTION = """
SELECT $__timeInterval(started_at) AS time, toString(action) AS action,
    count() AS views
{}
GROUP BY time, action ORDER BY time"""
_VIEWS = f"""
SELECT started_at AS time, subject_hex AS client, subject_type AS kind, action,
    opened, arrayStringConcat(categories, ', ') AS data, application,
    {_STRENGTH} AS strength
{_EMPLOYEE}
ORDER BY opened DESC, started_at DESC LIMIT 1000"""
_MOST = f"""
SELECT subject_hex AS client, countIf(opened) AS opened_times, count() AS shown,
    max(started_at) AS last
{_EMPLOYEE}
GROUP BY client ORDER BY opened_times DESC, shown DESC LIMIT 50"""
_WHO = f"""
SELECT s.name AS name, e.employee AS employee, s.opened_times AS opened_times,
    s.shown AS shown, s.first AS first, s.last AS last
FROM
(
    SELECT {_NAME} AS name, countIf(opened) AS opened_times, count() AS shown,
        min(started_at) AS first, max(started_at) AS last
    {_SUBJECT}
    GROUP BY name
) AS s
LEFT JOIN board_private_employees AS e ON s.name = e.actor
ORDER BY opened_times DESC, shown DESC LIMIT 500"""
_SEEN = f"""
SELECT started_at AS time, {_NAME} AS name, action, opened,
    arrayStringConcat(categories, ', ') AS data, application, {_STRENGTH} AS strength
{_SUBJECT}
ORDER BY opened DESC, started_at DESC LIMIT 1000"""
_OTHER = """
SELECT paired_hex AS client, paired_type AS kind,
    arrayStringConcat(sources, ', ') AS because, last_at AS last
FROM paired_with(ids = [${subject:singlequote}])
ORDER BY last DESC LIMIT 50"""


def employee() -> Dashboard:
    """What one employee was shown."""
    return (
        board("employee", "Employee", "What one employee was shown.", INQUIRY)
        .with_variable(chosen("employee", "Employee", _NAMES, INQUIRY))
        .with_variable(
            chosen("account", "Account", _ACCOUNT, INQUIRY).hide(
                VariableHide.HIDE_VARIABLE
            )
        )
        .with_panel(
            number(
                "Views",
                "Records shown to this employee in the period.",
                Question(f"SELECT count() AS views {_EMPLOYEE}", INQUIRY),
                width=8,
            )
        )
        .with_panel(
            number(
                "Clients",
                "Different clients shown.",
                Question(
                    f"SELECT uniqExact(subject_hex) AS clients {_EMPLOYEE}", INQUIRY
                ),
                width=8,
            )
        )
        .with_panel(
            number(
                "Clients opened",
                "Different clients whose own record was on the screen.",
                Question(
                    f"SELECT uniqExactIf(subject_hex, opened) AS clients {_EMPLOYEE}",
                    INQUIRY,
                ),
                width=8,
            )
        )
        .with_panel(
            lines(
                "Views by action",
                "What this employee did, over time.",
                series(_BY_ACTION.format(_EMPLOYEE), INQUIRY),
                stacked=True,
            )
        )
        .with_panel(
            rows(
                "Findings",
                "What detections found about this employee in the period.",
                Question(_FINDINGS, INQUIRY),
                links={"client": _TO_SUBJECT},
            )
        )
        .with_panel(
            rows(
                "Clients",
                "Clients by how often their record was opened; pseudonyms of the "
                "evidence, which whosaw who-saw turns numbers into.",
                Question(_MOST, INQUIRY),
                links={"client": _TO_SUBJECT},
            )
        )
        .with_panel(
            rows(
                "Views",
                "Each record shown, those that were opened first; at most 1,000.",
                Question(_VIEWS, INQUIRY),
                links={"client": _TO_SUBJECT},
            )
        )
    )


def subject() -> Dashboard:
    """Who was shown one subject."""
    return (
        board("subject", "Subject", "Who was shown one client.", INQUIRY)
        .with_variable(
            text("subject", "Client", "", "Pseudonym of the client, 32 hex digits.")
        )
        .with_panel(
            number(
                "Employees",
                "Different accounts that were shown this client.",
                Question(
                    f"SELECT uniqExactIf({_NAME}, {_NAME} != '') AS employees "
                    + _SUBJECT,
                    INQUIRY,
                ),
                width=8,
            )
        )
        .with_panel(
            number(
                "Views",
                "Times this client was shown, lists and searches included.",
                Question(f"SELECT count() AS views {_SUBJECT}", INQUIRY),
                width=8,
            )
        )
        .with_panel(
            number(
                "Views without a name",
                "Times this client was shown to an account that is not known.",
                Question(f"SELECT countIf({_NAME} = '') AS views {_SUBJECT}", INQUIRY),
                steps=((None, "green"), (1, "orange")),
                width=8,
            )
        )
        .with_panel(
            lines(
                "Views by action",
                "What was done with this record, over time.",
                series(_BY_ACTION.format(_SUBJECT), INQUIRY),
                stacked=True,
            )
        )
        .with_panel(
            rows(
                "Employees",
                "Who was shown this client, those who opened the record first.",
                Question(_WHO, INQUIRY),
                links={"name": _TO_EMPLOYEE},
            )
        )
        .with_panel(
            rows(
                "Views",
                "Each time this client was shown, opened first; at most 1,000.",
                Question(_SEEN, INQUIRY),
            )
        )
        .with_panel(
            rows(
                "Other ids of this client",
                "Pseudonyms that a page or a file said are of the same client: look "
                "at them, too.",
                Question(_OTHER, INQUIRY),
                links={"client": _TO_SUBJECT},
            )
        )
    )
