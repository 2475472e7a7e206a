"""A 304 shows again what the response it confirms showed."""

from __future__ import annotations

import pytest

from proxy.events import Extraction
from proxy.exchange.model import Headers
from proxy.extraction import Extracted
from proxy.extraction.memory import Memory, SessionMemory
from proxy.extraction.revalidated import MOST_SUBJECTS
from proxy.ruleset import RuleSet
from tests.support.pages import exchange, ids, rule

RULES = rule(
    "each: csv, subject: {type: client, id: column.1}, data: [contact],"
    ' shown_when: {body: {contains: "Nr"}}'
)
ETAG: Headers = [(b"etag", b'"v1"')]
MODIFIED: Headers = [(b"last-modified", b"Tue, 24 Nov 2026 10:00:00 GMT")]


class Browser:
    """Asks within one session."""

    def __init__(self, memory: Memory, session: bytes = b"s") -> None:
        self.memory = SessionMemory(memory, (session,))

    def asks(
        self,
        answered: Headers,
        *,
        asked: Headers | None = None,
        body: str = "Nr\n5\n7\n",
        status: int = 200,
        ruleset: RuleSet = RULES,
        target: str = "/page",
    ) -> Extracted:
        """One exchange."""
        seen = exchange(target, body, "text/csv", status=status, headers=answered)
        seen.request.headers += asked or []
        view = ruleset.view(seen)
        view.memory = self.memory
        return ruleset.read(view).extracted

    def confirms(self, answered: Headers, asked: Headers, **more: str) -> Extracted:
        """A 304."""
        return self.asks(answered, asked=asked, body="", status=304, **more)  # type: ignore[arg-type] # texts only


@pytest.mark.parametrize(
    ("first", "asked", "answered"),
    [
        (ETAG, [(b"if-none-match", b'"v1"')], ETAG),
        (ETAG, [(b"if-none-match", b'W/"v1"')], []),
        (ETAG, [(b"if-none-match", b'"v0", "v1"')], ETAG),
        (MODIFIED, [(b"if-modified-since", MODIFIED[0][1])], []),
        (ETAG + MODIFIED, [(b"if-none-match", b'"v1"')], MODIFIED),
    ],
)
def test_a_304_shows_the_records_it_confirms(
    first: Headers, asked: Headers, answered: Headers
) -> None:
    """The same subjects, positions and categories, said to be not modified."""
    browser = Browser(Memory())
    shown = browser.asks(first)

    again = browser.confirms(answered, asked)

    assert again.subjects == shown.subjects
    assert ids(again) == ["5", "7"]
    assert (again.status, again.reason) == (Extraction.RECORDED, "not_modified")


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ([(b"if-none-match", b'"v2"')], []),
        ([(b"if-none-match", b'"v1", "v2"')], []),
        ([(b"if-none-match", b'"v1"')], [(b"etag", b'"v2"')]),
        ([], []),
        ([(b"if-none-match", b'"v2"'), (b"if-modified-since", b"")], []),
    ],
)
def test_a_304_of_another_version_is_partial(asked: Headers, answered: Headers) -> None:
    """Nobody knows which records it had."""
    browser = Browser(Memory())
    browser.asks(ETAG)

    again = browser.confirms(answered, asked)

    assert (again.status, again.reason) == (Extraction.PARTIAL, "not_modified")
    assert ids(again) == []


def test_nothing_is_known_of_other_sessions_targets_and_rules() -> None:
    """Each of them may have shown something else."""
    memory = Memory()
    asked: Headers = [(b"if-none-match", b'"v1"')]
    Browser(memory).asks(ETAG)
    other = rule("each: csv, subject: {type: file, id: column.1}")

    answers = [
        Browser(memory, b"t").confirms(ETAG, asked),
        Browser(memory).confirms(ETAG, asked, target="/page?x=1"),
        Browser(memory).asks(ETAG, asked=asked, body="", status=304, ruleset=other),
    ]

    assert [answer.status for answer in answers] == [Extraction.PARTIAL] * 3
    assert [ids(answer) for answer in answers] == [[]] * 3


def test_what_was_read_in_part_is_shown_again_in_part() -> None:
    """A row that could not be read has not become readable."""
    browser = Browser(Memory())
    browser.asks(ETAG, body='Nr\n5\n"7')

    again = browser.confirms(ETAG, [])

    assert ids(again) == ["5", "7"]
    assert again.status is Extraction.PARTIAL


def test_a_page_without_a_validator_is_not_remembered() -> None:
    """A 304 cannot confirm it; the memory stays free."""
    memory = Memory()

    Browser(memory).asks([])
    Browser(memory).asks([(b"etag", b"x" * 300)])
    rows = "".join(f"{n}\n" for n in range(MOST_SUBJECTS + 1))
    Browser(memory).asks(ETAG, body="Nr\n" + rows)

    assert len(memory) == 0
