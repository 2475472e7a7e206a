"""From a question to the statements that answer it, and what is recorded of it.

Two halves, because the inquiry is committed in between: ``prepare`` checks the
question and turns ids into pseudonyms; ``Prepared.run`` asks the store. What is
recorded names a client by pseudonyms and a search term by its hash.

Failure modes: ``UsageError`` for a question that makes no sense, without quoting an
id; those of the store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from proxy.asking.asked import Asked
from proxy.asking.model import Answered, Ask, Ids, Rows, Views
from proxy.errors import UsageError
from proxy.extraction.context import one_spelling
from proxy.keys import KeyFile
from proxy.pseudonym import PSEUDONYM_BYTES, pseudonym, term_hash
from proxy.store.crosswalk import Identifier, who_saw_client
from proxy.store.investigations import period_caveats, seen_by
from proxy.store.questions import BY_NAME, Needs, Question
from proxy.store.questions import ask as ask_catalogue
from proxy.store.subjects import MOST, reveal

if TYPE_CHECKING:
    from proxy.store.client import ClickHouseStore

WHO_SAW, SEEN_BY, REVEAL = "who-saw", "seen-by", "reveal"
OPTION = {
    Needs.CLIENTS: "--client",
    Needs.EMPLOYEE: "--employee",
    Needs.TERM: "--term NAME=TEXT",
    Needs.SESSION: "--session",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A question that can be asked."""

    ask: Ask
    run: Callable[[ClickHouseStore], Answered]
    """Ask it of a store; raises ``StoreUnavailable`` and ``StoreRejected``."""
    subjects: tuple[str, ...] = ()
    about: str = ""

    @property
    def asked(self) -> Asked:
        """What is recorded of it."""
        ask = self.ask
        return Asked(
            question=ask.question,
            reason=ask.reason,
            subject_type=ask.subject_type,
            subjects=self.subjects,
            employee=ask.employee,
            about=self.about,
            start=ask.start,
            end=ask.end,
        )


def prepare(ask: Ask, keys: Callable[[], KeyFile]) -> Prepared:
    """Check a question.

    Args:
        ask: the question.
        keys: gives the key file; called where a question needs it.

    Raises:
        UsageError: no such question, or something it needs is missing or wrong.
    """
    if ask.start >= ask.end:
        raise UsageError("the period ends before it starts")
    match ask.question:
        case "who-saw":
            return _who_saw(ask, keys())
        case "seen-by":
            return _seen_by(ask)
        case "reveal":
            return _reveal(ask, keys())
        case name if name in BY_NAME:
            return _catalogue(ask, BY_NAME[name], keys)
        case name:
            known = ", ".join((WHO_SAW, SEEN_BY, REVEAL, *BY_NAME))
            raise UsageError(f"{name[:40]}: no such question; there are {known}")


def _who_saw(ask: Ask, keys: KeyFile) -> Prepared:
    if len(ask.clients) != 1 or not ask.clients[0].strip():
        raise UsageError("who-saw: the id of one client is needed")
    subjects = _subjects(ask, keys)
    asked = [Identifier(type=ask.subject_type, pseudonym=each) for each in subjects]

    def run(store: ClickHouseStore) -> Views:
        answer, identity = who_saw_client(
            store, asked, ask.start, ask.end, limit=ask.limit, as_of=ask.as_of
        )
        caveats = period_caveats(store, ask.start, ask.end)
        return Views(answer=answer, caveats=caveats, identity=identity)

    return Prepared(ask=ask, run=run, subjects=subjects)


def _seen_by(ask: Ask) -> Prepared:
    if not ask.employee:
        raise UsageError("seen-by: the name of an account is needed")

    def run(store: ClickHouseStore) -> Views:
        answer = seen_by(
            store, ask.employee, ask.start, ask.end, limit=ask.limit, as_of=ask.as_of
        )
        return Views(answer=answer, caveats=period_caveats(store, ask.start, ask.end))

    return Prepared(ask=ask, run=run)


def _reveal(ask: Ask, keys: KeyFile) -> Prepared:
    wanted = pseudonyms(ask.subjects)
    recoveries = keys.recoveries

    def run(store: ClickHouseStore) -> Ids:
        return Ids(known=reveal(store, wanted, recoveries))

    return Prepared(ask=ask, run=run, subjects=tuple(each.hex() for each in wanted))


def _catalogue(ask: Ask, question: Question, keys: Callable[[], KeyFile]) -> Prepared:
    given: dict[Needs, object] = {
        Needs.CLIENTS: ask.clients,
        Needs.EMPLOYEE: ask.employee,
        Needs.TERM: ask.term,
        Needs.SESSION: ask.session,
    }
    for need in question.needs:
        if not given[need]:
            raise UsageError(f"{question.name}: {OPTION[need]} is missing")
    parameters: dict[str, object] = {
        "from": ask.start.isoformat(),
        "to": ask.end.isoformat(),
    }
    subjects: tuple[str, ...] = ()
    about = ""
    if Needs.EMPLOYEE in question.needs:
        parameters["employee"] = ask.employee
    if Needs.SESSION in question.needs:
        parameters["session"] = ask.session
        about = f"session {ask.session}"
    if Needs.CLIENTS in question.needs:
        subjects = _subjects(ask, keys())
        parameters |= {"subject_type": ask.subject_type, "subjects": list(subjects)}
    if Needs.TERM in question.needs:
        name, hashes, text = _term(ask.term, keys())
        about = f"term {name} {hashes[-1]}"
        # A rule set may say that a term is no personal data: then it is kept as it is.
        parameters |= {"term": name, "values": [*hashes, text]}

    def run(store: ClickHouseStore) -> Rows:
        found = ask_catalogue(store, question, parameters, limit=ask.limit)
        rows = [tuple(map(plain, row)) for row in found.rows]
        return Rows(columns=found.columns, rows=rows, complete=found.complete)

    return Prepared(ask=ask, run=run, subjects=subjects, about=about)


def pseudonyms(texts: tuple[str, ...]) -> list[bytes]:
    """Pseudonyms that were given as text.

    Raises:
        UsageError: none, not hex digits of the right number, or too many.
    """
    if not 1 <= len(texts) <= MOST:
        raise UsageError(f"{len(texts)} pseudonyms; 1 to {MOST} at once")
    found = []
    for text in texts:
        try:
            each = bytes.fromhex(text.strip())
        except ValueError:
            each = b""
        if len(each) != PSEUDONYM_BYTES:
            digits = PSEUDONYM_BYTES * 2
            raise UsageError(f"that is no pseudonym: expected {digits} hex digits")
        found.append(each)
    return found


def plain(value: Any) -> Any:
    """A value of an answer as JSON and CSV can carry it."""
    match value:
        case datetime():
            return value.isoformat()
        case bytes():
            return value.hex()
        case list() | tuple():
            return ", ".join(map(str, value))
        case str() | int() | float():
            return value
        case _:
            return str(value)


def _subjects(ask: Ask, keys: KeyFile) -> tuple[str, ...]:
    return tuple(
        pseudonym(key, ask.subject_type, each).hex()
        for each in ask.clients
        for key in keys.subject.values()
    )


def _term(said: str, keys: KeyFile) -> tuple[str, list[str], str]:
    name, equals, text = said.partition("=")
    if not equals or not text:
        raise UsageError("--term: expected NAME=TEXT")
    text = one_spelling(text)
    hashes = [
        term_hash(keys.term_keys[each], name, text) for each in sorted(keys.term_keys)
    ]
    if not hashes:
        raise UsageError("search terms are hashed with a key: the key file is needed")
    return name, hashes, text
