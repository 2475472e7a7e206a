"""``whosaw attest``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from proxy.cli.attest import _month
from proxy.errors import UsageError
from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import whosaw


def test_a_month_of_what_was_recorded(recorded: Recorded, tmp_path: Path) -> None:
    """As a page in a file of its owner's only, and as JSON."""
    name = f"{datetime.now(UTC):%Y-%m}"
    out = tmp_path / "month.html"
    page = whosaw("attest", name, "--out", out, *recorded.config)
    again = whosaw("attest", name, "--out", out, *recorded.config)
    plain = whosaw("attest", name, "--format", "json", *recorded.config)

    assert page.returncode == plain.returncode == 0, page.stderr + plain.stderr
    assert "Whether rows were changed was not verified" in out.read_text()
    assert out.stat().st_mode & 0o777 == 0o600
    assert again.returncode == 2
    found = json.loads(plain.stdout)
    titles = [each["title"] for each in found["sections"]]
    assert titles[:3] == ["Recorded", "What was shown", "Verified"]


def test_a_month_is_one_of_its_zone() -> None:
    """And ends where the next begins."""
    start, end = _month("2026-12", "Europe/Amsterdam")

    assert start.isoformat() == "2026-12-01T00:00:00+01:00"
    assert end.isoformat() == "2027-01-01T00:00:00+01:00"


@pytest.mark.parametrize("name", ["may", "2026-13", "2026-05-01", "9999-12", "1900-01"])
def test_what_is_no_month_is_refused(name: str) -> None:
    """With what is expected."""
    with pytest.raises(UsageError, match="expected a"):
        _month(name, "UTC")
    with pytest.raises(UsageError, match="--zone"):
        _month("2026-05", "../etc/passwd")
