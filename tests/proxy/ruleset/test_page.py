"""Predicates and selectors look at one page."""

from __future__ import annotations

from proxy.attribution.spec import Selector, SelectorKind
from proxy.ruleset.page import shared_page
from tests.support.pages import view


def test_the_page_of_a_view_has_its_text_and_tree() -> None:
    """Decoded and parsed once for both."""
    looked_at = view("<b>x</b>")
    page = shared_page(looked_at)

    assert page is shared_page(looked_at)
    assert page.text is looked_at.text
    assert page.complete
    assert page.select(Selector(SelectorKind.CSS, "b")) == ["x"]


def test_a_page_without_a_tree_has_no_places() -> None:
    """Empty bodies are ordinary."""
    assert shared_page(view("")).select(Selector(SelectorKind.CSS, "b")) == []
