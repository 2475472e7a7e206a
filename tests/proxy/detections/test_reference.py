"""docs/detections.md."""

from __future__ import annotations

from pathlib import Path

from proxy.detections.reference import page
from tests.proxy.detections.conftest import thresholds

PAGE = Path(__file__).parents[3] / "docs" / "detections.md"


def test_the_page_is_the_catalogue() -> None:
    """``make detections-docs`` writes it; nobody edits it."""
    assert PAGE.read_text() == page()


def test_the_thresholds_of_the_page_are_read() -> None:
    """As they stand."""
    text = page().split("```yaml\n")[1].split("```")[0]

    found = thresholds(text)

    assert found.zone.key == "Europe/Amsterdam"
    assert len(found.suppressions) == 2
