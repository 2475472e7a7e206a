"""An organisation's thresholds: its zone, hours, holidays, figures and suppressions.

YAML, read strictly (``proxy.document``): every mistake at once with its line. What a
file does not say is as the catalogue has it; without a file all of it is, in UTC with
office hours. See docs/detections.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from proxy.detections.catalogue import Detection, Severity, by_id
from proxy.detections.working_time import WEEKDAYS, Hours, Week
from proxy.document import Fields, Node, Problems, near_miss, parse
from proxy.errors import UsageError

MOST = 1_000_000_000.0
_OFFICE = tuple((Hours(time(7), time(19)),) for _ in range(5))
USUAL = ""
"""Name of the working hours of who has no others."""
_HOURS = re.compile(r"([0-2][0-9]:[0-5][0-9])-([0-2][0-9]:[0-5][0-9])")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_PSEUDONYM = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One detection, as this organisation has it."""

    enabled: bool
    severity: Severity
    values: Mapping[str, float | Sequence[str]]
    """Of its parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Findings that nobody has to look at, why, and until when."""

    detection: str
    reason: str
    until: date
    """First day on which it does not count any more."""
    employee: str = ""
    """Empty: any."""
    subject: str = ""
    """Pseudonym, hex; empty: any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Everything a thresholds file says."""

    zone: ZoneInfo
    holidays: frozenset[date]
    hours: Mapping[str, Week]
    settings: Mapping[str, Setting]
    """By detection."""
    suppressions: tuple[Suppression, ...] = field(default=())

    def digest(self, detection: Detection) -> str:
        """What decided a finding: 16 hex digits of question and figures."""
        setting = self.settings[detection.id]
        said = (
            f"{detection.question}\0{sorted(setting.values.items())}\0{self.zone.key}"
        )
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def defaults() -> Thresholds:
    """As the catalogue has them."""
    problems = Problems("defaults")
    found = read("{}", problems)
    assert found is not None
    return found


def load(path: Path | None) -> Thresholds:
    """The thresholds of a file; None: the defaults.

    Raises:
        UsageError: with every mistake, one a line.
    """
    if path is None:
        return defaults()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UsageError(f"{path}: cannot read the thresholds: {reason}") from error
    problems = Problems(str(path))
    found = read(text, problems)
    if problems or found is None:
        raise UsageError(str(problems))
    return found


def read(text: str, problems: Problems) -> Thresholds | None:
    """Thresholds of this text; mistakes go to ``problems`` and void the result."""
    root = parse(text, problems)
    if root is None:
        return None
    with Fields(root, problems) as fields:
        return Thresholds(
            zone=_zone(fields),
            holidays=frozenset(
                _day(each, fields) or date.min for each in fields.elements("holidays")
            ),
            hours=_hours(fields, problems),
            settings=_settings(fields, problems),
            suppressions=tuple(
                _suppression(each, problems) for each in fields.elements("suppress")
            ),
        )


def _zone(fields: Fields) -> ZoneInfo:
    name = fields.text("zone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        node = fields.child("zone")
        if node is not None:
            fields.wrong(node, "no such time zone", "a name such as Europe/Amsterdam")
        return ZoneInfo("UTC")


def _day(node: Node, fields: Fields) -> date | None:
    try:
        return date.fromisoformat(node.text)
    except ValueError:
        fields.wrong(node, "not a day", "a day such as 2026-12-25")
        return None


def _hours(fields: Fields, problems: Problems) -> dict[str, Week]:
    found: dict[str, Week] = {USUAL: dict(enumerate(_OFFICE))}
    for name, node in fields.entries("hours"):
        with Fields(node, problems) as week:
            key = USUAL if name == "usual" else name
            found[key] = {
                number: tuple(_range(each, week) for each in week.elements(weekday))
                for number, weekday in enumerate(WEEKDAYS)
            }
    return found


def _range(node: Node, fields: Fields) -> Hours:
    match = _HOURS.fullmatch(node.text)
    try:
        if match is not None:
            return Hours(time.fromisoformat(match[1]), time.fromisoformat(match[2]))
    except ValueError:
        pass
    fields.wrong(node, "not working hours", "a text such as 07:00-19:00")
    return _OFFICE[0][0]


def _settings(fields: Fields, problems: Problems) -> dict[str, Setting]:
    known = by_id()
    given = dict(fields.entries("detections"))
    for name, node in given.items():
        if name not in known:
            fields.wrong(node, "no such detection", "", near_miss(name, known) or "")
    return {
        name: _setting(each, given.get(name), problems) for name, each in known.items()
    }


def _setting(detection: Detection, node: Node | None, problems: Problems) -> Setting:
    head = detection.head
    defaults = {name: each.default for name, each in head.parameters.items()}
    if node is None:
        return Setting(enabled=True, severity=head.severity, values=defaults)
    values: dict[str, float | Sequence[str]] = {}
    with Fields(node, problems) as fields:
        for name, default in defaults.items():
            if isinstance(default, list):
                values[name] = fields.texts(name, tuple(default))
            else:
                values[name] = _number(fields, name, default)
        return Setting(
            enabled=fields.flag("enabled", default=True),
            severity=fields.choice("severity", Severity, head.severity),
            values=values,
        )


def _number(fields: Fields, name: str, default: float) -> float:
    node = fields.child(name)
    if node is None:
        return default
    if not _NUMBER.fullmatch(node.text):
        fields.wrong(node, "not a number", f"a number from 0 to {MOST:,.0f}")
        return default
    return float(node.text)


def _suppression(node: Node, problems: Problems) -> Suppression:
    with Fields(node, problems) as fields:
        detection = fields.text("detection")
        named = fields.child("detection")
        if named is not None and detection not in by_id():
            fields.wrong(named, "no such detection", "", near_miss(detection, by_id()))
        until = fields.required("until", "the first day on which it ends")
        reason = fields.text("reason")
        said = fields.child("reason")
        if said is not None and len(reason) < 3:
            fields.wrong(said, "no reason", "why nobody has to look")
        subject = fields.text("subject", "")
        about = fields.child("subject")
        if about is not None and not _PSEUDONYM.fullmatch(subject):
            fields.wrong(about, "not a pseudonym", "32 hex digits, as findings show it")
        return Suppression(
            detection=detection,
            reason=reason,
            until=(_day(until, fields) if until is not None else None) or date.min,
            employee=fields.text("employee", ""),
            subject=subject,
        )
