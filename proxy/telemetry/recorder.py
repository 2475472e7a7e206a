"""Instruments of the recorder and its journal: what is recorded, and how safely."""

from __future__ import annotations

from collections.abc import Iterator

from proxy.telemetry.instrument import (
    APPLICATION,
    ROLE,
    Instrument,
    Kind,
    Point,
    Reports,
    figure,
    mapping,
    reported,
    table,
)

EXTRACTION = "whosaw.extraction"
STRENGTH = "whosaw.strength"
ACTION = "whosaw.action"
GAP_KIND = "whosaw.gap.kind"
INTENDED = "whosaw.gap.intended"
BOUND = "whosaw.bound"


def _counter(name: str, unit: str, key: str, description: str) -> Instrument:
    full = f"whosaw.recorder.{name}"
    return reported(Kind.COUNTER, "recorder", full, unit, key, description)


def _amount(
    name: str, unit: str, key: str, description: str, scale: float = 1.0
) -> Instrument:
    return Instrument(
        f"whosaw.{name}",
        Kind.GAUGE,
        unit,
        description,
        (ROLE,),
        figure("recorder", key, scale),
    )


def _refused(reports: Reports) -> Iterator[Point]:
    report = reports.get("recorder")
    if report is None:
        return
    refused = report.figures.get("rulesets_refused")
    in_force = report.figures.get("rulesets")
    if isinstance(in_force, dict):
        wrong = refused if isinstance(refused, dict) else {}
        for name in in_force:
            yield float(name in wrong), {APPLICATION: str(name)}


def _drifted(reports: Reports) -> Iterator[Point]:
    report = reports.get("recorder")
    if report is None:
        return
    drift = report.figures.get("drift")
    in_force = report.figures.get("rulesets")
    if isinstance(in_force, dict):
        rules = drift if isinstance(drift, dict) else {}
        for name in in_force:
            yield float(len(rules.get(name, ()))), {APPLICATION: str(name)}


RECORDER = (
    Instrument(
        "whosaw.exchanges",
        Kind.COUNTER,
        "{exchange}",
        "Exchanges recorded, by what became of their records and by the strength of "
        "the name (none: unattributed).",
        (APPLICATION, EXTRACTION, STRENGTH),
        table("recorder", "exchanges_by", APPLICATION, EXTRACTION, STRENGTH),
    ),
    Instrument(
        "whosaw.views",
        Kind.COUNTER,
        "{view}",
        "Views recorded, by action.",
        (APPLICATION, ACTION),
        table("recorder", "views_by", APPLICATION, ACTION),
    ),
    Instrument(
        "whosaw.gaps",
        Kind.COUNTER,
        "{gap}",
        "Gaps recorded, by kind, and whether they were intended.",
        (APPLICATION, GAP_KIND, INTENDED),
        table("recorder", "gaps_by", APPLICATION, GAP_KIND, INTENDED),
    ),
    Instrument(
        "whosaw.gaps.bytes",
        Kind.COUNTER,
        "By",
        "Bytes inside gaps that were not intended, both directions.",
        (ROLE,),
        figure("recorder", "gap_bytes"),
    ),
    Instrument(
        "whosaw.ruleset.refused",
        Kind.GAUGE,
        "1",
        "1 while the rule file of this application is wrong and an earlier version "
        "stays in force.",
        (APPLICATION,),
        _refused,
    ),
    Instrument(
        "whosaw.rules.drifted",
        Kind.GAUGE,
        "{rule}",
        "Rules of this application that used to find records and find none any more.",
        (APPLICATION,),
        _drifted,
    ),
    _amount(
        "recorder.lag",
        "s",
        "lag_ms",
        "Age of the last frame when the recorder processed it.",
        1e-3,
    ),
    _amount("recorder.wires", "{wire}", "wires", "Wires connected to the recorder."),
    _amount(
        "recorder.connections",
        "{connection}",
        "connections",
        "Connections the recorder is reading.",
    ),
    _amount(
        "recorder.waiting",
        "{exchange}",
        "waiting",
        "Exchanges that wait for every wire to have passed their first byte.",
    ),
    _amount(
        "recorder.half_read",
        "By",
        "half_read_bytes",
        "Messages that are not complete yet.",
    ),
    _amount(
        "recorder.sessions",
        "{session}",
        "sessions_kept",
        "Sessions remembered; bounded.",
    ),
    _counter("commits", "{commit}", "commits", "Transactions on disk."),
    _counter(
        "commits.failed",
        "{commit}",
        "failed_commits",
        "Commits that failed and were tried again: a full or broken disk.",
    ),
    _amount(
        "recorder.since_commit",
        "s",
        "since_commit_ms",
        "Time since the last commit; a heartbeat commits each second.",
        1e-3,
    ),
    _counter(
        "overdue",
        "{exchange}",
        "overdue",
        "Exchanges finished without waiting any longer for a wire.",
    ),
    _counter("faults", "{fault}", "faults", "Exchanges lost to a fault of ours: gaps."),
    _counter(
        "malformed",
        "{connection}",
        "malformed",
        "Connections lost to frames that made no sense.",
    ),
    _counter(
        "relieved",
        "{connection}",
        "relieved",
        "Connections given up because too much was half read.",
    ),
    _counter(
        "peers.refused",
        "{connection}",
        "refused_peers",
        "Processes of another user that tried to connect to the recorder.",
    ),
    _amount("journal.size", "By", "journal_bytes", "Bytes of the journal on disk."),
    _amount(
        "journal.fill",
        "1",
        "journal_share",
        "Share of journal.most that is in use; at 1 nothing can be recorded.",
    ),
    Instrument(
        "whosaw.recorder.sessions.dropped",
        Kind.COUNTER,
        "{drop}",
        "Sessions, facts of sessions and unnamed exchanges that were let go at a bound "
        "of the table; forgotten ones had not been used for two days.",
        (BOUND, ROLE),
        mapping("recorder", "sessions_dropped", BOUND),
    ),
    _amount(
        "journal.time_left",
        "s",
        "journal_days_left",
        "Time until journal.most is reached at the rate of the last hour, if the "
        "store stays away; absent while nothing is recorded.",
        86_400.0,
    ),
    _amount(
        "journal.unshipped",
        "{entry}",
        "journal_unshipped",
        "Entries that are not in the store yet.",
    ),
    Instrument(
        "whosaw.ruleset.reloads",
        Kind.COUNTER,
        "{reload}",
        "Rule files read again and put in force.",
        (ROLE,),
        figure("recorder", "ruleset_reloads"),
    ),
)
