"""Values narrowed after they were found."""

from __future__ import annotations

from proxy.extraction.selectors.pattern import compile_pattern
from proxy.extraction.selectors.refine import Refined
from proxy.extraction.selectors.request import QueryValue
from proxy.extraction.view import View
from tests.support.pages import exchange


def test_a_value_is_narrowed_to_what_the_pattern_finds_in_it() -> None:
    """What does not fit is no value."""
    refined = Refined(QueryValue("ref"), compile_pattern(r"^K(\d+)$"))
    asked = View(exchange("/x?ref=K12&ref=x&ref=K3"))

    assert refined.values(asked, None) == ["12", "3"]
    assert refined.present(asked)
    assert not refined.needs_body
