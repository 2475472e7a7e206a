"""What no rule claims is nothing, or a hole in the rule set that shows."""

from __future__ import annotations

import pytest

from proxy.exchange.target import parse_target
from proxy.extraction import View, path_template, set_aside, unmapped
from proxy.extraction.unmapped import MAX_TEMPLATE
from tests.support.pages import exchange
from tests.support.pdfs import pdf


def answer(*arguments: object, **options: object) -> tuple[str, str]:
    """Status and reason of an exchange that nothing claims."""
    found = unmapped(View(exchange(*arguments, **options)))  # type: ignore[arg-type] # test shorthand
    assert found.subjects == []
    return found.status.value, found.reason


@pytest.mark.parametrize(
    "content_type",
    ["text/html", "application/json", "text/csv", "application/pdf", "", "x/unknown"],
)
def test_a_document_that_no_rule_claims_is_unmapped(content_type: str) -> None:
    """What is not known to be harmless counts."""
    assert answer("/x", "hello", content_type) == ("unmapped", "no_rule")


def test_a_sign_of_personal_data_is_the_reason() -> None:
    """The first thing to look at."""
    assert answer("/x", "BSN: 111222333") == ("unmapped", "bsn")


def test_a_sign_is_found_in_what_holds_other_bodies() -> None:
    """In the text of a PDF, in the parts of a body."""
    file = pdf(["Dossier", "BSN 111222333"])
    kind = "multipart/mixed; boundary=b"
    part = b"--b\r\nContent-Type: application/pdf\r\n\r\n" + file + b"\r\n--b--"

    assert b"111222333" not in file
    assert answer("/x", file, "application/pdf") == ("unmapped", "bsn")
    assert answer("/x", part, kind) == ("unmapped", "bsn")
    seen = View(exchange("/x", part, kind))
    assert set_aside(seen, "ignored", frozenset()).reason == "bsn"


@pytest.mark.parametrize("content_type", ["image/png", "text/css", "font/woff2"])
def test_what_is_no_document_shows_nothing(content_type: str) -> None:
    """Whatever digits it holds."""
    assert answer("/x", "111222333", content_type) == (
        "nothing_expected",
        "content_type",
    )


def test_a_script_counts_when_it_carries_a_sign() -> None:
    """Some answers with data are scripts."""
    kind = "text/javascript"

    assert answer("/x", "a=1", kind) == ("nothing_expected", "content_type")
    assert answer("/x", "a=111222333", kind) == ("unmapped", "bsn")


@pytest.mark.parametrize("status", [301, 304, 404, 500])
def test_redirects_and_errors_show_nothing(status: int) -> None:
    """With the status as reason."""
    assert answer("/x", "x", status=status) == ("nothing_expected", f"status_{status}")


def test_nothing_that_came_shows_nothing() -> None:
    """No response, no body, HEAD."""
    assert answer("/x", answered=False) == ("nothing_expected", "no_response")
    assert answer("/x", "") == ("nothing_expected", "empty")
    assert answer("/x", "x", method="HEAD") == ("nothing_expected", "head")


def test_an_upgraded_connection_is_not_read_here() -> None:
    """It is a gap, recorded elsewhere."""
    answered = exchange("/x", "x")
    assert answered.response is not None
    answered.response.upgraded = True

    assert unmapped(View(answered)).reason == "upgraded"


@pytest.mark.parametrize(
    ("target", "template"),
    [
        (b"/client/view.do?id=5", "/client/view.do"),
        (b"/client/900123/cv", "/client/{}/cv"),
        (b"/v2/K-12/x;jsessionid=ABC123", "/{}/{}/x"),
        (b"/%31%32", "/{}"),
    ],
)
def test_a_stored_path_holds_no_ids_and_no_session_key(
    target: bytes, template: str
) -> None:
    """Every segment with a digit is taken out."""
    assert path_template(parse_target(target)) == template


def test_a_stored_path_is_bounded() -> None:
    """A hostile path costs no more."""
    assert len(path_template(parse_target(b"/a" * 5000))) == MAX_TEMPLATE
