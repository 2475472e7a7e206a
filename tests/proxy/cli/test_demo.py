"""``whosaw demo``: the whole job on one machine, small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy.errors import ExitCode
from tests.support.sidecars import whosaw

SMALL = ("--advisors", "4", "--exchanges", "120", "--wires", "1")
KEYS = {
    "exchanges_seen",
    "exchanges_recorded",
    "exchanges_stored",
    "records_shown",
    "records_recorded",
    "missed",
    "extra",
    "wrong_employee",
    "unattributed",
    "gaps",
    "lag_ms_p50",
    "lag_ms_p99",
    "planted_found",
}
FAULTS = ("missed", "extra", "wrong_employee", "unattributed", "gaps")


@pytest.mark.timeout(240)
def test_the_demonstration_finds_nothing_wrong(tmp_path: Path) -> None:
    """Everything shown is recorded once, for whom it was shown to; as one object."""
    done = whosaw("demo", "--json", "--directory", tmp_path, *SMALL, timeout=200)

    figures = json.loads(done.stdout)
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert set(figures) >= KEYS
    assert dict.fromkeys(FAULTS, 0) == {fault: figures[fault] for fault in FAULTS}
    assert figures["exchanges_seen"] >= 120
    assert figures["exchanges_seen"] == figures["exchanges_recorded"]
    assert figures["exchanges_seen"] == figures["exchanges_stored"]
    assert figures["records_shown"] == figures["records_recorded"] > 0
    assert figures["planted_found"] == figures["planted"] == 3
    assert (tmp_path / "truth.jsonl").exists()


@pytest.mark.timeout(240)
def test_the_demonstration_ends_with_a_real_answer() -> None:
    """A person reads figures, one verdict, and who saw a client."""
    done = whosaw("demo", *SMALL, timeout=200)

    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert "every record shown is recorded, once, for the right account" in done.stdout
    assert "p.hermans opened a watched record (well_known)" in done.stdout
    assert "3 of 3 planted cases found" in done.stdout
    assert "$ whosaw who-saw 9" in done.stdout
    assert "shown" in done.stdout.split("$ whosaw who-saw")[1]


def test_more_advisors_than_there_are_is_a_wrong_command_line() -> None:
    """Sixty have an account."""
    done = whosaw("demo", "--advisors", "61")

    assert done.returncode == ExitCode.USAGE
    assert "--advisors" in done.stderr
