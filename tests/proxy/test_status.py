"""Status: one verdict, and why."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from proxy.status import STALE_SECONDS, Report, alive, read, remove, verdict, write

NOW = 1_000_000.0


def _reports(**changes: dict[str, object]) -> dict[str, Report]:
    figures: dict[str, dict[str, object]] = {
        "wire-0": {"recorder_connected": True},
        "recorder": {},
        "shipper": {"lag_ms": 5},
    }
    for role, change in changes.items():
        figures[role.replace("_", "-")] |= change
    return {
        role: Report(role=role, pid=1, at=NOW, figures=figure)
        for role, figure in figures.items()
    }


def _line(reports: dict[str, Report], living: set[str] | None = None) -> str:
    return verdict(
        reports, wires=1, now=NOW, living=frozenset(living or set(reports))
    ).line


def test_all_well_is_said_in_two_words() -> None:
    """The line an operator hopes for."""
    assert _line(_reports()) == "recording everything"


def test_without_a_recorder_not_everything_is_recorded() -> None:
    """And the reason stands in the same line."""
    line = _line(_reports(), {"wire-0", "shipper"})

    assert line.startswith("not recording everything")
    assert "the recorder is not running" in line


def test_connections_passing_unrecorded_are_counted_in_the_verdict() -> None:
    """A shed connection is not a detail."""
    line = _line(_reports(wire_0={"shed_connections_open": 3}))

    assert line.startswith("not recording everything")
    assert "3 connections" in line


def test_a_store_that_is_away_is_a_note_not_a_failure() -> None:
    """The evidence waits in the journal."""
    result = verdict(
        _reports(shipper={"last_error": "connection refused"}),
        wires=1,
        now=NOW,
        living=frozenset({"wire-0", "recorder", "shipper"}),
    )

    assert result.recording
    assert "wait in the journal" in result.line


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"retain_error": "code 497"}, "are not erased (code 497)"),
        ({"retain_doubtful": 2}, "2 seals do not verify and were not erased"),
    ],
)
def test_rows_that_are_not_erased_are_said(
    figures: dict[str, object], said: str
) -> None:
    """Beside the verdict: recording goes on."""
    assert said in _line(_reports(shipper=figures))


def test_a_full_journal_is_a_failure_before_it_is_full() -> None:
    """Said while something can still be done."""
    line = _line(_reports(recorder={"journal_share": 0.85}))

    assert "85% full" in line


def test_an_unreachable_application_is_named() -> None:
    """The sidecar records nothing wrong, but users see nothing."""
    line = _line(_reports(wire_0={"unreachable": {"tickets": "refused"}}))

    assert "application tickets is not reachable (refused)" in line


def test_a_report_survives_its_file(tmp_path: Path) -> None:
    """Written whole, read whole, taken away at the end."""
    report = Report(role="wire-0", pid=os.getpid(), at=NOW, figures={"open": 3})

    write(tmp_path, report)
    (tmp_path / "torn.json").write_text('{"role": "x"')

    assert read(tmp_path) == {"wire-0": report}
    remove(tmp_path, "wire-0")
    assert read(tmp_path) == {}


def test_a_silent_process_is_not_alive() -> None:
    """A hung process still has a pid; only its silence shows."""
    report = Report(role="recorder", pid=os.getpid(), at=NOW)

    assert alive(report, NOW + 1)
    assert not alive(report, NOW + STALE_SECONDS + 1)
    assert not alive(None, NOW)


def test_a_rule_set_that_was_refused_is_told_beside_the_verdict() -> None:
    """Everything is recorded, by the version before; somebody has work to do."""
    line = _line(
        _reports(
            recorder={
                "rulesets": {"sonar": "0123456789abcdef"},
                "rulesets_refused": {"sonar": "rules.yaml:3: x: unknown key"},
            }
        )
    )

    assert line == (
        "recording everything; the new rule set of sonar is wrong "
        "(rules.yaml:3: x: unknown key); version 0123456789abcdef stays in force"
    )


def test_open_gate_is_not_recording_everything() -> None:
    """Pages are shown whose records nobody has yet."""
    line = _line(_reports(wire_0={"gates_open": ["sonar"]}))

    assert line == "not recording everything: wire-0 shows sonar before it is recorded"


def test_seals_that_are_not_made_or_anchored_are_said() -> None:
    """Recording goes on; the evidence is weaker."""
    reports = _reports() | {
        "sealer": Report(
            role="sealer",
            pid=1,
            at=NOW,
            figures={
                "seal_error": "a disk",
                "anchors_failing": {"there": "there: 503"},
            },
        )
    }

    line = _line(reports)
    gone = _line(reports, {"wire-0", "recorder", "shipper"})

    assert line.startswith("recording everything; ")
    assert "new evidence is not sealed (a disk)" in line
    assert "the last seal is not anchored (there: 503)" in line
    assert "the sealer is not running" in gone


def test_pages_that_were_not_read_come_before_other_notes() -> None:
    """With an example: its path and the sign, no value."""
    page = {
        "application": "sonar",
        "path": "/client/{}",
        "extraction": "unmapped",
        "reason": "bsn",
        "exchanges": 3,
    }
    line = _line(
        _reports(
            recorder={
                "unread_by_outcome": {"unmapped": 3, "partial": 1},
                "unread_pages": [page],
                "rulesets_refused": {"sonar": "x"},
            }
        )
    )

    assert line.startswith(
        "recording everything; not read since the recorder started: 3 unmapped, 1 "
        "partial, such as sonar /client/{} (bsn); the new rule set"
    )


def test_a_rule_that_finds_none_any_more_is_a_failure() -> None:
    """Views are missing as long as it lasts."""
    line = _line(
        _reports(recorder={"drift": {"sonar": {"client_search": 12, "team": 0}}})
    )

    assert line == (
        "not recording everything: client_search of sonar used to find records and "
        "finds none any more (12 pages in a row); team of sonar finds records less "
        "often than it used to"
    )


def test_a_journal_that_fills_says_how_long_it_lasts() -> None:
    """Before it is full, with the days at the present rate when there is one."""
    filling = _line(
        _reports(recorder={"journal_share": 0.85, "journal_days_left": 3.2})
    )
    resting = _line(
        _reports(recorder={"journal_share": 0.85, "journal_days_left": None})
    )

    assert "the journal is 85% full (3.2 days left at the present rate)" in filling
    assert resting.endswith("the journal is 85% full")


def test_a_canary_that_failed_is_told() -> None:
    """It looks from outside: what the others say of themselves may all be well."""
    canary = Report(
        role="canary", pid=1, at=NOW, figures={"canary_error": "page: answered 503"}
    )

    line = _line(_reports() | {"canary": canary})

    assert line == "recording everything; the canary failed (page: answered 503)"


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"unrecorded": 2}, "2 questions had no answer: they could not be recorded"),
        ({"last_error": "refused"}, "inquiries wait in their journal (refused)"),
        ({"seal_error": "no key"}, "inquiries are not sealed (no key)"),
        ({"answered": 4, "last_error": "", "seal_error": ""}, ""),
    ],
)
def test_a_question_service_in_trouble_is_told(
    figures: dict[str, object], said: str
) -> None:
    """Beside the recording, which goes on."""
    asked = Report(role="questions", pid=1, at=NOW, figures=figures)

    line = _line(_reports() | {"questions": asked})

    assert line == "recording everything" + (f"; {said}" if said else "")


def test_detections_that_do_not_run_are_told() -> None:
    """Beside the recording, which goes on."""
    failing = Report(
        role="detections", pid=1, at=NOW, figures={"last_error": "no table"}
    )

    line = _line(_reports() | {"detections": failing})

    assert line == "recording everything; detections do not run (no table)"


def test_a_bypass_is_not_recording_everything() -> None:
    """With the name of who asked for it, and why."""
    line = _line(_reports(wire_0={"bypass": "bypass by ops: it is slow"}))

    assert line.startswith("not recording everything")
    assert "bypass by ops: it is slow" in line


def test_a_certificate_that_ends_soon_or_is_refused_is_said() -> None:
    """Once, however many wires show it; one with time left is not."""
    day = 86_400.0
    ends = {"crm": NOW + 12.2 * day, "hr": NOW - 1, "erp": NOW + 90 * day}
    refused = {"crm": "key and certificate differ"}

    line = _line(
        _reports(wire_0={"certificates": ends, "certificates_refused": refused})
    )

    assert line.count("of crm ends in 12 days") == 1
    assert "certificate of hr has expired" in line
    assert "new certificate of crm is not in force (key and certificate differ)" in line
    assert "erp" not in line


def test_wires_that_were_succeeded_are_not_counted() -> None:
    """One that drains and one that accepts are one wire."""
    reports = _reports(wire_0={"draining": True})
    assert "0 of 1 wires are running" in _line(reports)

    reports["wire-1"] = Report(role="wire-1", pid=2, at=NOW)
    assert _line(reports) == "recording everything"
