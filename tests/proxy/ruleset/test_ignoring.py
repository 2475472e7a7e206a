"""``ignore`` is believed of what carries no sign, or only those that mean nothing."""

from __future__ import annotations

from tests.support.pages import exchange, problems, rules

RECORD = (
    '  r: {request: "GET /p/{id}", action: view, subject: {type: c, id: path.id}}\n'
)
RULES = rules(
    RECORD
    + """\
ignore:
  - "*.css"
  - {request: ["GET /help/**", "GET /team"], despite: email}
  - {request: "GET /**", despite: [bsn, iban]}
"""
)


def answer(target: str, body: str) -> tuple[str, str]:
    """Status and reason of a page."""
    found = RULES.read(exchange(target, body)).extracted
    return found.status.value, found.reason


def test_a_sign_that_is_named_means_nothing_on_that_page() -> None:
    """The address of the help desk; a number is told all the same."""
    for target in ("/help/a/b", "/team"):
        assert answer(target, "help@example.org") == ("nothing_expected", "ignored")
        assert answer(target, "help@example.org 111222333") == ("unmapped", "bsn")


def test_the_first_entry_that_fits_decides() -> None:
    """In the order of the file."""
    assert answer("/numbers", "111222333") == ("nothing_expected", "ignored")
    assert answer("/numbers", "a@example.org") == ("unmapped", "email")
    assert answer("/x.css", "111222333") == ("unmapped", "bsn")


def test_mistakes_are_told_with_what_is_expected() -> None:
    """A sign that is none, and an entry without a pattern."""
    head = f"application: a\nrecords:\n{RECORD}"
    told = problems(
        f"{head}ignore: [{{request: /x, despite: [emial, {{}}]}}, {{despite: bsn}}]\n"
    )

    assert len(told) == 3
    assert "'emial' is not a sign" in told[0]
    assert "bsn, iban, subject, email" in told[0]
    assert "email" in told[0].rpartition("did you mean")[2]
    assert "request" in told[2]
