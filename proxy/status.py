"""What each process says of itself, and the one verdict over all of them.

Every process writes ``STATE/status/ROLE.json`` once a second, whole or not at
all. A file that stops changing is a process that hangs or is gone: the reader
needs no socket that could hang with it, and containers that share the state
directory see each other. ``verdict`` is pure: reports and ``now`` in.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

STALE_SECONDS = 5.0
"""A report older than this is nobody's: it is written every second, and five
missed ones are no longer a busy machine."""

LAG_SECONDS = 30.0
"""Shipping later than this is said aloud: the evidence is safe in the journal,
but the answers are behind."""

DAY = 86_400.0
EXPIRY_DAYS = 30
"""A certificate that ends sooner is said aloud: renewing one takes an office weeks."""

JOURNAL_SHARE = 0.8
"""A journal fuller than this is about to be a gap."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One process, at one moment."""

    role: str
    pid: int
    at: float
    """Seconds since the epoch."""
    figures: dict[str, Any] = msgspec.field(default_factory=dict)
    process: dict[str, float] = msgspec.field(default_factory=dict)
    """What the process itself uses, see ``proxy.app.footprint``."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first line of ``whosaw status`` and what stands behind it."""

    recording: bool
    line: str
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reports: tuple[Report, ...] = field(default=())

    def plain(self) -> dict[str, Any]:
        """As JSON: ``whosaw status --json`` and ``GET /status``."""
        return {
            "recording": self.recording,
            "verdict": self.line,
            "problems": list(self.problems),
            "notes": list(self.notes),
            "processes": {r.role: msgspec.to_builtins(r) for r in self.reports},
        }


def write(directory: Path, report: Report) -> None:
    """Put the report in its file, replacing the one before."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory / f"{report.role}.json"
    temporary = path.with_suffix(f".{report.pid}.tmp")
    temporary.write_bytes(msgspec.json.encode(report))
    temporary.replace(path)


def remove(directory: Path, role: str) -> None:
    """Take the report away: this process ended in order."""
    (directory / f"{role}.json").unlink(missing_ok=True)


def read(directory: Path) -> dict[str, Report]:
    """Every readable report, by role."""
    reports: dict[str, Report] = {}
    for path in sorted(directory.glob("*.json")):
        try:
            report = msgspec.json.decode(path.read_bytes(), type=Report)
        except (OSError, msgspec.MsgspecError):
            continue
        reports[report.role] = report
    return reports


def alive(report: Report | None, now: float) -> bool:
    """Whether this process spoke lately and still exists."""
    if report is None or now - report.at > STALE_SECONDS:
        return False
    try:
        os.kill(report.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def judge(directory: Path, wires: int, now: float) -> Verdict:
    """The verdict over what the processes wrote, at this moment."""
    reports = read(directory)
    living = frozenset(role for role in reports if alive(reports[role], now))
    return verdict(reports, wires=wires, now=now, living=living)


def verdict(
    reports: Mapping[str, Report], *, wires: int, now: float, living: frozenset[str]
) -> Verdict:
    """Judge whether everything that passes is being recorded.

    Args:
        reports: what ``read`` gave.
        wires: how many the config asks for.
        now: seconds since the epoch.
        living: roles for which ``alive`` holds.
    """
    problems: list[str] = []
    notes: list[str] = []
    up = [r for role, r in reports.items() if role.startswith("wire-")]
    up = [r for r in up if r.role in living]
    if not up:
        problems.append("no wire is running: nothing passes through this sidecar")
    # Wires that drain have been succeeded by others.
    elif (serving := sum(not r.figures.get("draining") for r in up)) < wires:
        notes.append(f"{serving} of {wires} wires are running")
    if "recorder" not in living:
        problems.append("the recorder is not running")
    else:
        problems += _drift(reports["recorder"])
        problems += _recorder_problems(reports["recorder"])
        notes += _shadow_notes(reports["recorder"])
        notes += _unread_notes(reports["recorder"])
        notes += _ruleset_notes(reports["recorder"])
    for wire in up:
        problems += _wire_problems(wire)
        notes += _wire_notes(wire)
    notes += _expiring(up, now)
    notes += _sealer_notes(reports.get("sealer"), "sealer" in living)
    notes += _shipper_notes(reports.get("shipper"), "shipper" in living, now)
    if "ldv" in living and (error := reports["ldv"].figures.get("ldv_error")):
        notes.append(f"lines for citizens wait ({error})")
    notes += _question_notes(reports.get("questions"), "questions" in living)
    if "detections" in living and (
        error := reports["detections"].figures.get("last_error")
    ):
        notes.append(f"detections do not run ({error})")
    if "canary" in living and (error := reports["canary"].figures.get("canary_error")):
        notes.append(f"the canary failed ({error})")
    if problems:
        line = "not recording everything: " + "; ".join(problems)
    elif notes:
        line = "recording everything; " + "; ".join(notes)
    else:
        line = "recording everything"
    return Verdict(
        recording=not problems,
        line=line,
        problems=tuple(problems),
        notes=tuple(notes),
        reports=tuple(reports.values()),
    )


def _drift(report: Report) -> list[str]:
    return [
        f"{rule} of {name} used to find records and finds none any more "
        f"({pages} pages in a row)"
        if pages
        else f"{rule} of {name} finds records less often than it used to"
        for name, rules in dict(report.figures.get("drift", {})).items()
        for rule, pages in dict(rules).items()
    ]


def _shadow_notes(report: Report) -> list[str]:
    if not report.figures.get("shadow"):
        return []
    return ["in shadow: pages, bytes and gaps only, nothing of persons"]


def _unread_notes(report: Report) -> list[str]:
    pages = list(report.figures.get("unread_pages", ()))
    if not pages:
        return []
    counts = dict(report.figures.get("unread_by_outcome", {}))
    said = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    first = pages[0]
    example = f"{first['application']} {first['path']} ({first['reason']})"
    return [f"not read since the recorder started: {said}, such as {example}"]


def _recorder_problems(report: Report) -> list[str]:
    found = []
    figures = report.figures
    if error := figures.get("commit_error"):
        found.append(f"the journal cannot be written ({error})")
    share = figures.get("journal_share", 0.0)
    if share >= JOURNAL_SHARE:
        days = figures.get("journal_days_left")
        left = "" if days is None else f" ({days:.1f} days left at the present rate)"
        found.append(f"the journal is {share:.0%} full{left}")
    return found


def _ruleset_notes(report: Report) -> list[str]:
    in_force = dict(report.figures.get("rulesets", {}))
    return [
        f"the new rule set of {name} is wrong ({said}); "
        f"version {in_force.get(name, 'before')} stays in force"
        for name, said in dict(report.figures.get("rulesets_refused", {})).items()
    ]


def _wire_problems(report: Report) -> list[str]:
    figures = report.figures
    found = []
    if told := figures.get("bypass"):
        found.append(f"{report.role} records nothing ({told})")
    if not figures.get("recorder_connected", True):
        found.append(f"{report.role} has no recorder")
    if shed := figures.get("shed_connections_open", 0):
        found.append(f"{report.role} passes {shed} connections unrecorded")
    found += [
        f"{report.role} shows {name} before it is recorded"
        for name in figures.get("gates_open", ())
    ]
    return found


def _wire_notes(report: Report) -> list[str]:
    found = [
        f"application {name} is not reachable ({error})"
        for name, error in dict(report.figures.get("unreachable", {})).items()
    ]
    refused = dict(report.figures.get("certificates_refused", {}))
    found += [
        f"the new certificate of {name} is not in force ({error})"
        for name, error in refused.items()
    ]
    return found


def _expiring(wires: Sequence[Report], now: float) -> list[str]:
    """Certificates shown to browsers, once each."""
    until = {
        name: float(ends)
        for report in wires
        for name, ends in dict(report.figures.get("certificates", {})).items()
    }
    return [
        f"the certificate of {name} ends in {(ends - now) / DAY:.0f} days"
        if ends > now
        else f"the certificate of {name} has expired"
        for name, ends in until.items()
        if ends - now < EXPIRY_DAYS * DAY
    ]


def _sealer_notes(report: Report | None, living: bool) -> list[str]:
    if report is None:
        return []
    if not living:
        return ["the sealer is not running: new evidence is not sealed"]
    figures = report.figures
    found = []
    if error := figures.get("seal_error"):
        found.append(f"new evidence is not sealed ({error})")
    found += [
        f"the last seal is not anchored ({said})"
        for said in dict(figures.get("anchors_failing", {})).values()
    ]
    return found


def _question_notes(report: Report | None, living: bool) -> list[str]:
    if report is None:
        return []
    if not living:
        return ["the question service is not running: nobody is answered"]
    figures = report.figures
    found = []
    if count := figures.get("unrecorded"):
        found.append(f"{count} questions had no answer: they could not be recorded")
    if error := figures.get("last_error"):
        found.append(f"inquiries wait in their journal ({error})")
    if error := figures.get("seal_error"):
        found.append(f"inquiries are not sealed ({error})")
    return found


def _shipper_notes(report: Report | None, living: bool, now: float) -> list[str]:
    if report is None or not living:
        return ["the shipper is not running: answers stand still"]
    figures = report.figures
    if error := figures.get("last_error"):
        return [f"the store does not take rows ({error}); they wait in the journal"]
    if count := figures.get("reconcile_differences"):
        where = f"what was seen and what is stored differ in {count} places"
        return [f"{where}: whosaw reconcile names them"]
    if error := figures.get("retain_error"):
        return [f"rows whose time is over are not erased ({error})"]
    if count := figures.get("retain_doubtful"):
        return [f"{count} seals do not verify and were not erased: whosaw verify"]
    lag = float(figures.get("lag_ms", 0)) / 1000 + (now - report.at)
    if lag > LAG_SECONDS:
        return [f"the store is {lag:.0f} s behind"]
    return []
