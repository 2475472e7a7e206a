"""Promises of the operator's word on disk."""

from __future__ import annotations

from pathlib import Path

from proxy import bypass
from proxy.bypass import Bypass


def test_a_bypass_is_on_disk_until_it_is_taken_back(tmp_path: Path) -> None:
    """Whoever reads it, in whatever process, knows since when, who and why."""
    said = Bypass(since_ns=5, by="ops", reason="broken")
    assert bypass.read(tmp_path / "state") is None

    bypass.begin(tmp_path / "state", said)
    assert bypass.read(tmp_path / "state") == said
    assert said.told == "bypass by ops: broken"
    assert bypass.end(tmp_path / "state") == said
    assert bypass.end(tmp_path / "state") is None


def test_a_word_that_makes_no_sense_is_a_bypass(tmp_path: Path) -> None:
    """Somebody wanted one; a broken file must not switch it off."""
    bypass.path_of(tmp_path).write_bytes(b"{")

    found = bypass.read(tmp_path)

    assert found is not None
    assert found.reason == "unreadable"


def test_what_is_told_is_bounded() -> None:
    """It stands in every gap."""
    assert len(Bypass(since_ns=0, by="x" * 999, reason="y" * 999).told) < 300
