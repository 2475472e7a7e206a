"""docs/limits.md against the classes it tells of."""

from __future__ import annotations

from pathlib import Path

from tests.support.limits import PARTS, classes, page

PAGE = Path(__file__).parents[1] / "docs" / "limits.md"
ELSEWHERE = {
    # Keys of the config file, in docs/configuration.md.
    "proxy.config.model:TapBounds",
    "proxy.config.model:GateBounds",
    "proxy.config.model:JournalBounds",
    # What applications say of themselves, in docs/attribution.md.
    "proxy.attribution.histories:Bounds",
}


def test_the_page_is_what_the_classes_say() -> None:
    """``make limits`` writes it: a field that is new, gone or without its test, and a
    default or a reason that changed, is noticed."""
    assert PAGE.read_text() == page()


def test_every_class_of_limits_is_on_the_page() -> None:
    """Or on another one."""
    told = {part.where for part in PARTS}

    assert set(classes()) - told == ELSEWHERE
