"""What a browser fetches ahead is recorded and marked."""

from __future__ import annotations

import pytest

from tests.support.pages import exchange, ids, rule

RULES = rule("each: csv, subject: {type: client, id: column.1}")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        (b"sec-purpose", b"prefetch", "prefetch"),
        (b"sec-purpose", b"prefetch;prerender", "prefetch"),
        (b"purpose", b"prefetch", "prefetch"),
        (b"x-purpose", b"preview", "prefetch"),
        (b"x-moz", b"prefetch", "prefetch"),
        (b"x-moz", b"microsummary", ""),
        (b"accept", b"prefetch", ""),
    ],
)
def test_the_views_of_a_page_fetched_ahead_are_marked(
    name: bytes, value: bytes, reason: str
) -> None:
    """Every browser has its own word for it."""
    seen = exchange("/page", "Nr\n5\n", "text/csv")
    seen.request.headers.append((name, value))

    answer = RULES.read(seen).extracted

    assert ids(answer) == ["5"]
    assert answer.reason == reason


def test_what_was_not_read_in_full_says_that_first() -> None:
    """A mark must not hide a failure."""
    seen = exchange("/page", 'Nr\n5\n"6', "text/csv")
    seen.request.headers.append((b"sec-purpose", b"prefetch"))

    assert RULES.read(seen).extracted.reason == "open_quote"
