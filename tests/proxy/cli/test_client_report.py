"""``whosaw report client``."""

from __future__ import annotations

from pathlib import Path

from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import whosaw


def test_a_report_of_what_was_recorded(recorded: Recorded, tmp_path: Path) -> None:
    """For the citizen without accounts, for an investigator with them; a file is its
    owner's only and is never written over."""
    asked = ("report", "client", "101", *recorded.asked)
    citizen = whosaw(*asked)
    out = tmp_path / "101.html"
    investigator = whosaw(*asked, "--for", "investigator", "--out", out)
    again = whosaw(*asked, "--out", out)
    sheet = whosaw(*asked, "--format", "csv", "--language", "nl")

    assert citizen.returncode == 0, citizen.stderr
    assert "opened 2 times" in citizen.stdout
    assert "https://register.example/activities/tickets" in citizen.stdout
    assert "joan" not in citizen.stdout
    assert investigator.returncode == 0, investigator.stderr
    assert "joan" in out.read_text()
    assert out.stat().st_mode & 0o777 == 0o600
    assert (again.returncode, "there already" in again.stderr) == (2, True)
    assert "raadpleging" in sheet.stdout
    assert "joan" not in sheet.stdout


def test_the_help_shows_examples() -> None:
    """What to type."""
    shown = whosaw("report", "client", "--help", columns=200).stdout

    assert "whosaw report client 4711 --for investigator" in shown
