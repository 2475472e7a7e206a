"""A view decodes and parses once, and remembers failures too."""

from __future__ import annotations

import gzip

import pytest

from proxy.extraction import Settings, Unreadable, View
from tests.support.pages import exchange, view


def test_a_document_is_read_once() -> None:
    """However many selectors look at it."""
    reads = []

    def read(_: View) -> str:
        reads.append(1)
        return "document"

    looked_at = view("x")

    assert looked_at.document("key", read) == "document"
    assert looked_at.document("key", read) == "document"
    assert reads == [1]


def test_a_failure_is_remembered() -> None:
    """A hostile page is not parsed again by each selector."""
    reads = []

    def read(_: View) -> str:
        reads.append(1)
        raise Unreadable("broken")

    looked_at = view("x")

    for _ in range(2):
        with pytest.raises(Unreadable, match="broken"):
            looked_at.document("key", read)
    assert reads == [1]


def test_text_is_decoded_with_the_declared_charset() -> None:
    """Content coding first, then the charset."""
    headers = [(b"content-encoding", b"gzip")]
    body = gzip.compress("Zoë".encode("latin-1"))
    kind = "text/html; charset=iso-8859-1"

    assert View(exchange("/", body, kind, headers=headers)).text == "Zoë"


def test_text_without_a_charset_is_of_the_rule_sets() -> None:
    """Where it is not UTF-8 anyway."""
    assert view(b"\xa4", settings=Settings(charset="iso-8859-15")).text == "€"


def test_the_form_and_the_query_are_those_of_the_request() -> None:
    """Every field, duplicates kept."""
    sent = View(exchange("/x?a=1&a=2", method="POST", form="b=3"))

    assert sent.target.query == [("a", "1"), ("a", "2")]
    assert sent.form == [("b", "3")]


def test_without_a_response_there_is_no_body_to_read() -> None:
    """Told as such."""
    with pytest.raises(Unreadable, match="no_response"):
        _ = View(exchange("/", answered=False)).text
