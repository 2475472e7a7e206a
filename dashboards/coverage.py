"""Coverage: how much of what passed is known, and what is not."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.board import HERE, board
from dashboards.panels import NONE_IS_GOOD, lines, number, rows, series
from dashboards.sources import EVERYDAY, METRICS, Question

_PAGES = f"FROM board_pages WHERE $__timeFilter(hour) AND {HERE}"
_GAPS = f"FROM board_gaps WHERE $__timeFilter_ms(from_at) AND {HERE}"
_SHARES = (
    "sumIf(exchanges, strength != 'none') / sum(exchanges)",
    "sumIf(exchanges, extraction = 'unmapped') / sum(exchanges)",
)
_WITH_RECORDS = "extraction IN ('recorded', 'partial')"
_STRENGTHS = f"""
SELECT $__timeInterval(hour) AS time, toString(strength) AS strength,
    sum(exchanges) AS exchanges
{_PAGES} AND {_WITH_RECORDS}
GROUP BY time, strength ORDER BY time"""
_READ = f"""
SELECT $__timeInterval(hour) AS time, toString(extraction) AS outcome,
    sum(exchanges) AS exchanges
{_PAGES}
GROUP BY time, outcome ORDER BY time"""
_UNMAPPED = f"""
SELECT application, path, toString(extraction) AS outcome, sum(exchanges) AS pages,
    max(hour) AS last
{_PAGES} AND extraction NOT IN ('recorded', 'nothing_expected')
GROUP BY application, path, outcome ORDER BY pages DESC LIMIT 100"""
_GAP_ROWS = f"""
SELECT from_at AS since, to_at AS until, application, kind, reason,
    if(intended, 'yes', 'no') AS intended, connections, bytes, node
{_GAPS}
ORDER BY intended, since DESC LIMIT 500"""
_SEALS = """
SELECT node, number, sealed_at AS sealed,
    dateDiff('second', sealed_at, now64(9, 'UTC')) AS age
FROM board_seals ORDER BY sealed LIMIT 100"""


def coverage() -> Dashboard:
    """The board."""
    return (
        board("coverage", "Coverage", "How much of what passed is known?", EVERYDAY)
        .with_panel(
            number(
                "With a name",
                "Share of the exchanges that showed records whose account is known.",
                Question(
                    f"SELECT {_SHARES[0]} AS share {_PAGES} AND {_WITH_RECORDS}",
                    EVERYDAY,
                ),
                "percentunit",
                steps=((None, "red"), (0.95, "orange"), (0.99, "green")),
            )
        )
        .with_panel(
            number(
                "Unmapped",
                "Share of exchanges no rule knows: whether they showed records is "
                "not known.",
                Question(f"SELECT {_SHARES[1]} AS share {_PAGES}", EVERYDAY),
                "percentunit",
                steps=((None, "green"), (0.01, "orange"), (0.05, "red")),
            )
        )
        .with_panel(
            number(
                "Gaps not intended",
                "Stretches of the period that were not recorded and should have been.",
                Question(f"SELECT countIf(NOT intended) AS gaps {_GAPS}", EVERYDAY),
                steps=NONE_IS_GOOD,
            )
        )
        .with_panel(
            number(
                "Differences in the last account",
                "Places where what was seen and what is stored differ; whosaw "
                "reconcile names them.",
                "max(whosaw_reconcile_differences)",
                steps=NONE_IS_GOOD,
                source=METRICS,
            )
        )
        .with_panel(
            lines(
                "How well names are founded",
                "Exchanges that showed records, by the strength of the name; none: "
                "not known.",
                series(_STRENGTHS, EVERYDAY),
                stacked=True,
            )
        )
        .with_panel(
            lines(
                "What became of pages",
                "Exchanges by what was read of them.",
                series(_READ, EVERYDAY),
                stacked=True,
            )
        )
        .with_panel(
            rows(
                "Pages not, or not all, read",
                "By path template, the most frequent first: where a rule is missing "
                "or no longer fits.",
                Question(_UNMAPPED, EVERYDAY),
            )
        )
        .with_panel(
            lines(
                "Rules that drifted",
                "Rules that used to find records and find none now.",
                {
                    "{{whosaw_application}}": (
                        "sum by (whosaw_application) (whosaw_rules_drifted)"
                    )
                },
                source=METRICS,
                steps=NONE_IS_GOOD,
            )
        )
        .with_panel(
            rows(
                "Gaps",
                "What was not recorded and why; those not intended first, at most 500.",
                Question(_GAP_ROWS, EVERYDAY),
                units={"bytes": "bytes"},
                width=16,
            )
        )
        .with_panel(
            rows(
                "Seals",
                "The last seal of each node, oldest first, whatever the period.",
                Question(_SEALS, EVERYDAY),
                units={"age": "s"},
                width=8,
            )
        )
    )
