"""Texts of the heads and of the request."""

from __future__ import annotations

from proxy.extraction.selectors.request import (
    FormValue,
    HeaderValue,
    PathValue,
    QueryValue,
)
from proxy.extraction.view import View
from tests.support.pages import exchange

ASKED = View(
    exchange(
        "/x?a=1&a=2&b=",
        method="POST",
        form="c=3&c=4",
        headers=[(b"x-id", b"5"), (b"x-id", b"6")],
    )
)


def test_every_field_of_that_name_is_a_value() -> None:
    """Of query, form and headers."""
    assert QueryValue("a").values(ASKED, None) == ["1", "2"]
    assert FormValue("c").values(ASKED, None) == ["3", "4"]
    assert HeaderValue("x-id").values(ASKED, None) == ["5", "6"]


def test_what_the_pattern_captured_is_the_only_value() -> None:
    """And none when it captured nothing of that name."""
    ASKED.captures = {"id": "7"}

    assert PathValue("id").values(ASKED, None) == ["7"]
    assert PathValue("other").values(ASKED, None) == []


def test_an_empty_field_is_not_present() -> None:
    """It shows nothing."""
    assert QueryValue("a").present(ASKED)
    assert not QueryValue("b").present(ASKED)
    assert not QueryValue("a").needs_body
