"""One month as a document for an officer: recorded, verified, erased, missing, asked.

Numbers only, from the store and from a verification: no client and no subject is in
it, and of accounts only who placed a hold, took a copy of traffic or asked. What
cannot be said (no public key given, no record of inquiries) is said in so many words.

Bounded: ``MOST_ROWS`` rows a section. Failure modes: ``StoreUnavailable``,
``StoreRejected``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from proxy.evidence.findings import Finding
from proxy.evidence.seal import Signed
from proxy.reports import anchored
from proxy.reports.client import SILENCE_SECONDS
from proxy.reports.shown import printable
from proxy.store.investigations import moment
from proxy.store.port import Questions, Result
from proxy.verification.report import Report
from proxy.verification.trust import forgeries, nothing_sealed, unchecked

MOST_ROWS = 1_000
"""Of one section; more is said."""
_MOST_FINDINGS = 100
"""Of a verification; ``whosaw verify --json`` names all it keeps."""
_STARTED = (
    "started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC') "
    "AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')"
)
_AT = _STARTED.replace("started_at", "at")
_GIVEN = "from = {from:String}, to = {to:String}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading, what it says, and a table."""

    title: str
    text: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The document."""

    title: str
    head: tuple[tuple[str, str], ...]
    verdict: str
    sections: tuple[Section, ...]
    changed: bool
    """The verification found something."""


def month(
    store: Questions,
    start: datetime,
    end: datetime,
    made_at: datetime,
    verified: Report | None,
    anchoring: anchored.Anchoring | None = None,
    held: Sequence[Signed] = (),
) -> Month:
    """Ask for everything the document says.

    Args:
        store: What is asked.
        start: Of the month, with an offset.
        end: Of the month, not included.
        made_at: The time it is.
        verified: What a verification of the store found; None: none was made.
        anchoring: What the sealer of this host knows of its anchors; None: nothing.
        held: Seals an anchor gave back, which the verification was held against.
    """
    period = {"from": moment(start), "to": moment(end), "limit": MOST_ROWS + 1}
    ask = _Asking(store, period)
    changed = verified is not None and bool(verified.findings)
    return Month(
        title=f"Attestation of {start:%B %Y}",
        head=(
            ("Period", f"{_time(start)} up to, and without, {_time(end)}"),
            ("Made at", _time(made_at)),
        ),
        verdict=_verdict(verified),
        sections=(
            _recorded(ask),
            _shown(ask),
            _verified(verified),
            _limits(verified, held),
            ask.anchors(anchoring),
            _away(anchoring, start, end),
            _erased(ask),
            _held(ask),
            _gaps(ask),
            _silent(ask),
            _unread(ask),
            _nameless(ask),
            _copied(ask),
            _asked(ask),
        ),
        changed=changed,
    )


class _Asking:
    """A store, and the period every question is about."""

    def __init__(self, store: Questions, period: Mapping[str, object]) -> None:
        self._store = store
        self._period = period

    def anchors(self, anchoring: anchored.Anchoring | None) -> Section:
        """How far each anchor of this host has come."""
        if anchoring is None:
            text = (
                "Not attested: this host has no sealer, which alone knows of anchors."
            )
            return Section(title="Anchors", text=text)
        rows = tuple(anchored.rows(self._store, anchoring, self._period))
        text = "An anchored seal vouches for all before it."
        if not rows:
            text = (
                "There is none: who holds the seal key and can write to the "
                "store could have replaced everything."
            )
        return Section(title="Anchors", text=text, columns=anchored.COLUMNS, rows=rows)

    def rows(self, sql: str, **more: object) -> Result:
        """Rows of a statement that ends before its LIMIT."""
        return self._store.query(
            sql + " LIMIT {limit:UInt64}", {**self._period, **more}
        )

    def section(
        self,
        title: str,
        sql: str,
        columns: Sequence[str],
        text: Callable[[list[tuple[Any, ...]]], str],
    ) -> Section:
        """A section of a statement's rows."""
        found = self.rows(sql).rows
        cut = len(found) > MOST_ROWS
        more = f" There are more than these {MOST_ROWS} rows." if cut else ""
        return Section(
            title=title,
            text=text(found) + more,
            columns=tuple(columns),
            rows=tuple(
                tuple(_cell(value) for value in row) for row in found[:MOST_ROWS]
            ),
        )


def _recorded(ask: _Asking) -> Section:
    return ask.section(
        "Recorded",
        "SELECT node, application, count() AS exchanges, sum(views), "  # noqa: S608
        "uniqExact(ruleset), min(started_at), max(started_at) FROM exchanges "
        f"WHERE {_STARTED} GROUP BY node, application ORDER BY node, application",
        ("sidecar", "application", "exchanges", "views", "rule sets", "first", "last"),
        lambda rows: (
            f"{sum(row[2] for row in rows)} exchanges with "
            f"{sum(row[3] for row in rows)} views."
        ),
    )


def _shown(ask: _Asking) -> Section:
    return ask.section(
        "What was shown",
        "SELECT application, toString(action), count(), uniqExact(subject), "  # noqa: S608
        f"uniqExact(actor), countIf(actor = '') FROM views WHERE {_STARTED} "
        "GROUP BY application, action ORDER BY application, action",
        ("application", "action", "views", "subjects", "accounts", "without a name"),
        lambda rows: f"{sum(row[2] for row in rows)} views.",
    )


def _verdict(verified: Report | None) -> str:
    if verified is None:
        return "Whether rows were changed was not verified."
    if verified.nothing_sealed:
        said = nothing_sealed(verified)
        return f"{said[0].upper()}{said[1:]}."
    counted = f"{verified.rows} rows in {verified.seals} seals"
    if not verified.findings:
        return f"Nothing was changed: {counted}."
    number = len(verified.findings) + verified.more
    return f"CHANGED: {number} findings ({counted})."


def _verified(verified: Report | None) -> Section:
    if verified is None:
        text = "No public key was given: run it with --public-key, or whosaw verify."
        return Section(title="Verified", text=text)
    text = (
        f"{_verdict(verified)} Of the whole store, not of this month only. "
        f"{verified.unsealed} rows are not sealed yet; {verified.absent} entries were "
        f"absent when they were sealed; {verified.erased} were erased in time."
    )
    return Section(
        title="Verified",
        text=text,
        columns=("place", "fault", "what"),
        rows=tuple(_finding(e) for e in sorted(verified.findings)[:_MOST_FINDINGS]),
    )


def _limits(verified: Report | None, held: Sequence[Signed]) -> Section:
    """What a verification rests on."""
    said: list[tuple[str, str]] = []
    if verified is not None:
        said += [("could have forged", each) for each in forgeries(verified, held, ())]
        said += [("not checked", each) for each in unchecked(verified, ())]
    return Section(
        title="What the verification rests on",
        text="Who could have forged what, and what was not checked." if said else "-",
        columns=("what", "statement"),
        rows=tuple((what, printable(each)) for what, each in said[:MOST_ROWS]),
    )


def _away(
    anchoring: anchored.Anchoring | None, start: datetime, end: datetime
) -> Section:
    found = anchored.away(anchoring, start, end) if anchoring is not None else []
    return Section(
        title="Anchors that were away",
        text="-" if anchoring is None else f"{len(found)} times.",
        columns=anchored.AWAY,
        rows=tuple(found[:MOST_ROWS]),
    )


def _finding(each: Finding) -> tuple[str, str, str]:
    return each.place(), each.fault.value, printable(each.text)


def _erased(ask: _Asking) -> Section:
    return ask.section(
        "Erased",
        "SELECT of, sum(erased), sum(held), max(due_before), max(at) "  # noqa: S608
        f"FROM erasures WHERE {_AT} GROUP BY of ORDER BY of",
        ("table", "rows", "held back", "rows were due before", "last run"),
        lambda rows: (
            f"{sum(row[1] for row in rows)} rows were erased at the end of their time."
        ),
    )


def _held(ask: _Asking) -> Section:
    return ask.section(
        "Legal holds",
        "SELECT toString(kind), at, said_by, reason FROM holds "  # noqa: S608
        f"WHERE {_AT} ORDER BY at, hold",
        ("what", "at", "by", "why"),
        lambda rows: f"{len(rows)} were placed or released.",
    )


def _gaps(ask: _Asking) -> Section:
    return ask.section(
        "Missing: gaps",
        "SELECT kind, if(intended, 'yes', 'no'), count(), sum(connections), "  # noqa: S608
        f"sum(up_bytes + down_bytes), min(from_at), max(to_at) FROM gaps_in({_GIVEN}) "
        "GROUP BY kind, intended ORDER BY intended, kind",
        ("kind", "intended", "gaps", "connections", "bytes", "first", "last"),
        lambda rows: f"{sum(row[2] for row in rows)} stretches were not recorded.",
    )


def _silent(ask: _Asking) -> Section:
    return ask.section(
        "Missing: silences",
        "SELECT node, count(), sum(dateDiff('second', from_at, to_at)), "  # noqa: S608
        f"min(from_at), max(to_at) FROM silences_in({_GIVEN}, "
        f"seconds = {SILENCE_SECONDS}) GROUP BY node ORDER BY node",
        ("sidecar", "silences", "seconds", "first", "last"),
        lambda rows: (
            f"{sum(row[1] for row in rows)} times a sidecar gave no sign of life for "
            f"more than {SILENCE_SECONDS} s."
        ),
    )


def _unread(ask: _Asking) -> Section:
    return ask.section(
        "Missing: pages that were not read",
        "SELECT application, toString(extraction), extraction_reason, "  # noqa: S608
        f"sum(exchanges) AS n, count() FROM unmapped_in({_GIVEN}) "
        "GROUP BY application, extraction, extraction_reason "
        "ORDER BY n DESC, application, extraction_reason",
        ("application", "outcome", "why", "exchanges", "path templates"),
        lambda rows: f"{sum(row[3] for row in rows)} exchanges.",
    )


def _nameless(ask: _Asking) -> Section:
    return ask.section(
        "Missing: names",
        "SELECT application, actor_reason, sum(views) AS n, "  # noqa: S608
        f"min(first_at), max(last_at) FROM unattributed_in({_GIVEN}) "
        "GROUP BY application, actor_reason ORDER BY n DESC, application, actor_reason",
        ("application", "why", "views", "first", "last"),
        lambda rows: f"{sum(row[2] for row in rows)} views without a name.",
    )


def _copied(ask: _Asking) -> Section:
    return ask.section(
        "Copies of traffic",
        "SELECT at, taken_by, uid, if(redacted, 'yes', 'no'), reason "  # noqa: S608
        f"FROM captures WHERE {_AT} ORDER BY at, capture",
        ("at", "by", "uid", "redacted", "why"),
        lambda rows: f"{len(rows)} were taken.",
    )


def _asked(ask: _Asking) -> Section:
    title = "Asked"
    there = ask.rows(
        "SELECT name FROM system.columns WHERE database = currentDatabase() "
        "AND table = 'inquiries'"
    ).rows
    names = {row[0] for row in there}
    if not {"at", "person", "question"} <= names:
        text = "This store keeps no record of who asked what: not attested."
        return Section(title=title, text=text)
    return ask.section(
        title,
        "SELECT person, question, count(), min(at), max(at) FROM inquiries "  # noqa: S608
        f"WHERE {_AT} GROUP BY person, question ORDER BY person, question",
        ("by", "question", "inquiries", "first", "last"),
        lambda rows: f"{sum(row[2] for row in rows)} inquiries.",
    )


def _cell(value: object) -> str:
    return _time(value) if isinstance(value, datetime) else printable(str(value))


def _time(at: datetime) -> str:
    """UTC: a document that is compared with others, wherever they are made."""
    return f"{at.astimezone(UTC):%F %T}Z"
