"""docs/metrics.md."""

from __future__ import annotations

from pathlib import Path

from proxy.telemetry.reference import page

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


def test_the_page_is_what_is_declared() -> None:
    """``make metrics`` writes it; nobody edits it."""
    assert PAGE.read_text() == page()
