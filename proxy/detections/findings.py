"""A finding: what it is about, its id, its sentence, and how it is kept and asked for.

The id is a digest of detection, account, subject and ``about``: the same behaviour
asked for again is the same finding, and is written once. What was written first stays,
also when rows that came late would change its figures; ``rows_behind`` asks anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from proxy.detections.catalogue import OWN, Detection, Severity, by_id, filled
from proxy.errors import UsageError
from proxy.events import AccountKind
from proxy.store.port import QuestionsAndRows, Result

NOBODY = bytes(16)
"""The subject of a finding that is not about one client."""
MOST_TEXT = 2_000
"""Characters of a sentence or of one figure: names of an application are hostile."""
ID_BYTES = 12
LEAST_ID = 6
"""Digits by which a finding may be named, when no other begins so."""

COLUMNS = (
    "id",
    "detection",
    "severity",
    "at",
    "application",
    "actor",
    "subject",
    "sentence",
    "evidence",
    "day",
    "from_at",
    "to_at",
    "actor_kind",
    "subject_type",
    "about",
    "zone",
    "thresholds",
    "suppressed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One row of ``findings``."""

    id: str
    detection: str
    severity: Severity
    at: datetime
    """When it was found."""
    day: date
    from_at: datetime
    to_at: datetime
    actor: str
    actor_kind: AccountKind
    subject_type: str
    subject: str
    """Pseudonym, hex; empty: not about one client."""
    about: str
    application: str
    sentence: str
    evidence: Mapping[str, Any]
    zone: str
    thresholds: str
    suppressed: str = ""

    def row(self) -> tuple[object, ...]:
        """In the order of ``COLUMNS``."""
        return (
            self.id,
            self.detection,
            self.severity.value,
            _ns(self.at),
            self.application,
            self.actor,
            bytes.fromhex(self.subject) or NOBODY,
            self.sentence,
            json.dumps(self.evidence, sort_keys=True),
            self.day,
            _ns(self.from_at),
            _ns(self.to_at),
            self.actor_kind.value,
            self.subject_type,
            self.about,
            self.zone,
            self.thresholds,
            self.suppressed,
        )


def made(
    detection: Detection,
    row: Mapping[str, Any],
    zone: ZoneInfo,
    *,
    severity: Severity,
    thresholds: str,
    now: datetime,
) -> Finding:
    """The finding of one row of a question's answer."""
    subject = bytes(row.get("subject") or NOBODY)
    about = str(row["about"])
    evidence = {name: value for name, value in row.items() if name not in OWN}
    said = {
        name: shown(value, zone)
        for name, value in row.items()
        if name in detection.placeholders
    }
    return Finding(
        id=finding_id(detection.id, str(row["actor"]), subject, about),
        detection=detection.id,
        severity=severity,
        at=now,
        day=row["day"],
        from_at=row["from_at"],
        to_at=row["to_at"],
        actor=str(row["actor"]),
        actor_kind=AccountKind(row["actor_kind"]),
        subject_type=str(row.get("subject_type", "")),
        subject="" if subject == NOBODY else subject.hex(),
        about=about,
        application=str(row.get("application", "")),
        sentence=filled(detection.head.sentence, said)[:MOST_TEXT],
        evidence={name: _plain(value) for name, value in evidence.items()},
        zone=zone.key,
        thresholds=thresholds,
    )


def finding_id(detection: str, actor: str, subject: bytes, about: str) -> str:
    """24 hex digits; the parts are told apart by their lengths."""
    digest = hashlib.blake2b(digest_size=ID_BYTES)
    for part in (detection.encode(), actor.encode(), subject, about.encode()):
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.hexdigest()


def shown(value: object, zone: ZoneInfo) -> str:
    """A value as a sentence has it: days by name, times local, thousands apart."""
    match value:
        case datetime():
            return f"{value.astimezone(zone):%H:%M}"
        case date():
            return f"{value:%A} {value.day} {value:%B %Y}"
        case float():
            return f"{value:,.1f}".removesuffix(".0")
        case int():
            return f"{value:,}"
        case list() | tuple():
            return ", ".join(shown(each, zone) for each in value)
        case _:
            return str(value)[:MOST_TEXT]


def ask(
    store: QuestionsAndRows,
    where: str,
    parameters: Mapping[str, object],
    *,
    limit: int,
    oldest: bool = False,
) -> list[tuple[Finding, str]]:
    """Findings with their state, newest or oldest first; ``where`` is a condition of
    this package's own."""
    order = "at, id" if oldest else "at DESC, id"
    result = store.query(
        "SELECT id, detection, severity, at, day, from_at, to_at, actor, actor_kind, "  # noqa: S608
        "subject_type, subject, about, application, sentence, evidence, zone, "
        f"suppressed, state FROM findings_reviewed WHERE {where} "
        f"ORDER BY {order} LIMIT {{limit:UInt64}}",
        {**parameters, "limit": limit},
    )
    return [
        (
            Finding(
                id=row[0],
                detection=row[1],
                severity=Severity(row[2]),
                at=row[3],
                day=row[4],
                from_at=row[5],
                to_at=row[6],
                actor=row[7],
                actor_kind=AccountKind(row[8]),
                subject_type=row[9],
                subject="" if row[10] == NOBODY else row[10].hex(),
                about=row[11],
                application=row[12],
                sentence=row[13],
                evidence=json.loads(row[14] or "{}"),
                zone=row[15],
                thresholds="",
                suppressed=row[16],
            ),
            row[17],
        )
        for row in result.rows
    ]


def named(store: QuestionsAndRows, beginning: str) -> tuple[Finding, str]:
    """The finding whose id begins so, and its state.

    Raises:
        UsageError: none, or several.
    """
    if len(beginning) < LEAST_ID:
        raise UsageError(f"{beginning}: name a finding by {LEAST_ID} digits at least")
    found = ask(store, "startsWith(id, {id:String})", {"id": beginning}, limit=2)
    if len(found) != 1:
        how = "no" if not found else "more than one"
        raise UsageError(f"{beginning}: {how} finding begins so")
    return found[0]


def rows_behind(store: QuestionsAndRows, finding: Finding, *, limit: int) -> Result:
    """The rows a finding rests on, as they are by now.

    Raises:
        UsageError: its detection is not in the catalogue of this version.
    """
    detection = by_id().get(finding.detection)
    if detection is None:
        raise UsageError(f"{finding.detection}: this version has no such detection")
    return store.query(
        f"{detection.rows} LIMIT {{limit:UInt64}}",
        {
            "from": finding.from_at.isoformat(),
            # A period does not include its end, the last row belongs to it.
            "to": datetime.fromtimestamp(
                finding.to_at.timestamp() + 0.001, UTC
            ).isoformat(),
            "zone": finding.zone,
            "actor": finding.actor,
            "subject_type": finding.subject_type,
            "subject": finding.subject,
            "about": finding.about,
            "day": finding.day.isoformat(),
            "limit": limit,
        },
    )


def _plain(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat()
        case bool() | int() | float():
            return value
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return str(value)[:MOST_TEXT]


def _ns(at: datetime) -> int:
    return int(at.timestamp()) * 10**9 + at.microsecond * 1_000
