"""Alerts: what somebody is told at once, each with its section of docs/runbooks.md.

Every rule is a question with one number a series, and the bound beyond which it
fires. A rule about the sidecar fires, too, when nobody answers: silence is no good
news. Those that ask the store read everyday views: an alert names nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.sources import EVERYDAY, METRICS, Question

DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One rule; ``name`` is its uid and its section of the runbooks."""

    name: str
    title: str
    summary: str
    asks: str
    """PromQL, or SQL when it begins with SELECT; Grafana expands its macros."""
    above: float
    lasting: str = "0s"
    """How long it must be so before anyone is told."""
    window: int = 3_600
    """Seconds the question looks back."""
    silent: str = "OK"
    """State when there is no answer: OK, or Alerting."""
    severity: str = "high"

    @property
    def of_store(self) -> bool:
        """It asks the store, not Prometheus."""
        return self.asks.lstrip().startswith("SELECT")

    def rule(self) -> dict[str, object]:
        """As Grafana's alert provisioning takes it."""
        source = EVERYDAY if self.of_store else METRICS
        if self.of_store:
            model = Question(self.asks, EVERYDAY).to_json()
        else:
            model = {
                "datasource": METRICS.to_json(),
                "editorMode": "code",
                "expr": self.asks,
                "instant": True,
                "range": False,
                "refId": "A",
            }
        return {
            "uid": f"whosaw-{self.name}",
            "title": self.title,
            "condition": "C",
            "for": self.lasting,
            "noDataState": self.silent,
            "execErrState": "Error",
            "isPaused": False,
            "annotations": {
                "summary": self.summary,
                "runbook": f"docs/runbooks.md#{self.name}",
            },
            "labels": {"severity": self.severity},
            "data": [
                {
                    "refId": "A",
                    "datasourceUid": source.uid,
                    "relativeTimeRange": {"from": self.window, "to": 0},
                    "model": model,
                },
                {
                    "refId": "C",
                    "datasourceUid": "__expr__",
                    "model": {
                        "conditions": [
                            {"evaluator": {"params": [self.above], "type": "gt"}}
                        ],
                        "datasource": {"type": "__expr__", "uid": "__expr__"},
                        "expression": "A",
                        "refId": "C",
                        "type": "threshold",
                    },
                },
            ],
        }


def _grown(counter: str) -> str:
    """PromQL: how much it grew in ten minutes, one that was not there before included.

    A counter by kind is first seen with its first event in it, and ``increase`` would
    call that no growth.
    """
    by = "sum by (whosaw_application, whosaw_gap_kind)"
    return (
        f"{by} ({counter} unless {counter} offset 10m) "
        f"or {by} (increase({counter}[10m]))"
    )


def _rise(part: str, of: str) -> str:
    """SQL: how much higher this share is in the window than in the week before it."""
    now = "hour >= $__fromTime"
    return f"""SELECT application,
    sumIf(exchanges, {part} AND {now}) / greatest(sumIf(exchanges, {now}), 1)
    - sumIf(exchanges, {part} AND NOT {now})
        / greatest(sumIf(exchanges, NOT {now}), 1) AS rise
FROM board_pages
WHERE hour >= $__fromTime - INTERVAL 7 DAY AND hour <= $__toTime AND {of}
GROUP BY application
HAVING sumIf(exchanges, {now}) >= 20"""


ALERTS: tuple[Alert, ...] = (
    Alert(
        name="recording-stopped",
        title="Recording stopped",
        summary="Nothing was written to the journal for 30 seconds, or a wire has no "
        "recorder. Employees work on; what they see is not recorded.",
        asks="(max(whosaw_recorder_since_commit_seconds) > bool 30) "
        "+ (min(whosaw_wire_recorder_connected) < bool 1)",
        above=0,
        lasting="1m",
        silent="Alerting",
        severity="critical",
    ),
    Alert(
        name="gap-opened",
        title="Gap opened",
        summary="Something passed that was not recorded and should have been.",
        asks=_grown('whosaw_gaps_total{whosaw_gap_intended="false"}'),
        above=0,
    ),
    Alert(
        name="reconciliation-difference",
        title="Seen and stored differ",
        summary="The last account found places where what was seen is neither "
        "recorded nor inside a gap.",
        asks="max(whosaw_reconcile_differences)",
        above=0,
    ),
    Alert(
        name="canary-failing",
        title="Canary failing",
        summary="A test account opened a test client, and its view was not in the "
        "store under its name in time, or the page was not shown.",
        asks="max(whosaw_canary_failing)",
        above=0,
    ),
    Alert(
        name="unmapped-rising",
        title="Unmapped share rising",
        summary="More pages than last week are known to no rule: the application "
        "changed, or has a new part.",
        asks=_rise("extraction = 'unmapped'", "1 = 1"),
        above=0.05,
        lasting="10m",
        window=2 * 3_600,
        severity="medium",
    ),
    Alert(
        name="unattributed-rising",
        title="Unattributed share rising",
        summary="More pages with records than last week have no account: a login is "
        "no longer understood.",
        asks=_rise("strength = 'none'", "extraction IN ('recorded', 'partial')"),
        above=0.05,
        lasting="10m",
        window=2 * 3_600,
    ),
    Alert(
        name="drift",
        title="A rule drifted",
        summary="A rule that used to find records finds none any more.",
        asks="sum by (whosaw_application) (whosaw_rules_drifted)",
        above=0,
        lasting="5m",
    ),
    Alert(
        name="shipper-lag",
        title="The store is behind",
        summary="Evidence has waited for the store for more than five minutes; it is "
        "safe in the journal while that has room.",
        asks="max(whosaw_shipper_lag_seconds)",
        above=300,
        lasting="5m",
        severity="medium",
    ),
    Alert(
        name="journal-full",
        title="Journal over 80 %",
        summary="When the journal is full nothing can be recorded.",
        asks="max(whosaw_journal_fill)",
        above=0.8,
        severity="critical",
    ),
    Alert(
        name="certificate-ends",
        title="Certificate ends within 14 days",
        summary="When it ends, browsers refuse the application.",
        asks=f"{14 * DAY} - (min by (whosaw_application) "
        "(whosaw_tls_certificate_not_after_seconds) - time())",
        above=0,
    ),
    Alert(
        name="seal-missing",
        title="Seal missing",
        summary="No seal was made for ten minutes: rows since then could be changed "
        "without a trace.",
        asks="max(whosaw_seal_age_seconds)",
        above=600,
    ),
    Alert(
        name="high-finding",
        title="High finding",
        summary="A finding of high severity waits for a review.",
        asks="SELECT countIf(state = 'open') AS open FROM board_findings "
        "WHERE severity = 'high' AND $__timeFilter(at)",
        above=0,
        window=7 * DAY,
    ),
)
