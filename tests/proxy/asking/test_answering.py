"""A question becomes statements, and what is recorded of it names nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from proxy.asking.answering import REVEAL, SEEN_BY, WHO_SAW, plain, prepare
from proxy.asking.model import Ask
from proxy.errors import UsageError
from proxy.events import encode
from proxy.keys import KeyFile
from proxy.pseudonym import pseudonym
from proxy.store.questions import BY_NAME

KEYS = KeyFile(session={1: b"s" * 32}, subject={1: b"a" * 32, 2: b"b" * 32})
END = datetime(2026, 6, 1, tzinfo=UTC)
START = END - timedelta(days=30)


def ask(question: str, **fields: object) -> Ask:
    """A question about May."""
    given: dict[str, object] = {"reason": " case 7 ", "start": START, "end": END}
    return Ask(question=question, **{**given, **fields})  # type: ignore[arg-type]


def test_a_client_is_asked_for_and_recorded_under_every_live_key() -> None:
    """The id itself stands nowhere."""
    prepared = prepare(ask(WHO_SAW, clients=("canary-4711",)), lambda: KEYS)

    inquiry = prepared.asked.inquiry(
        inquiry="ab", person="joan", address="::1", now_ns=5
    )

    assert inquiry.subjects == tuple(
        pseudonym(key, "client", "canary-4711").hex() for key in KEYS.subject.values()
    )
    assert (inquiry.person, inquiry.question) == ("joan", "who-saw")
    assert (inquiry.reason, inquiry.subject_type) == ("case 7", "client")
    assert inquiry.to_ns - inquiry.from_ns == 30 * 86_400 * 10**9
    assert b"canary" not in encode(inquiry)


def test_a_term_is_recorded_as_its_hash() -> None:
    """Under the newest key."""
    prepared = prepare(ask("searches-for", term="name=Canary Vries"), lambda: KEYS)

    inquiry = prepared.asked.inquiry(
        inquiry="ab", person="joan", address="::1", now_ns=5
    )

    assert inquiry.about.startswith("term name ")
    assert "anary" not in inquiry.about


def test_a_question_without_clients_needs_no_keys() -> None:
    """Whoever asks about an account needs no key file."""

    def none() -> KeyFile:
        raise UsageError("there is no key file")

    for wanted in (ask(SEEN_BY, employee="joan"), ask("gaps")):
        assert prepare(wanted, none).subjects == ()


@pytest.mark.parametrize(
    "wanted",
    [
        ask("canary-question"),
        ask(WHO_SAW),
        ask(WHO_SAW, clients=("a", "b")),
        ask(WHO_SAW, clients=(" ",)),
        ask(SEEN_BY),
        ask(REVEAL),
        ask(REVEAL, subjects=("canary",)),
        ask("searches-for", term="canary"),
        ask("common-viewers"),
        ask("timeline"),
        ask("gaps", start=END),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(wanted: Ask) -> None:
    """Before anything is recorded or asked; no id is quoted."""
    with pytest.raises(UsageError) as caught:
        prepare(wanted, lambda: KEYS)

    if wanted.question in {WHO_SAW, REVEAL, "searches-for"}:
        assert "canary" not in str(caught.value)


def test_every_question_of_the_catalogue_can_be_prepared() -> None:
    """With everything that any of them needs."""
    for name in BY_NAME:
        wanted = ask(name, clients=("1",), employee="a", term="n=t", session="5f")

        assert prepare(wanted, lambda: KEYS).ask.question == name


def test_values_of_an_answer_travel_as_text_or_numbers() -> None:
    """What JSON and CSV can carry."""
    values = (START, b"\x01", ["a", 2], "text", 3, 1.5, None)

    assert [plain(each) for each in values] == [
        START.isoformat(), "01", "a, 2", "text", 3, 1.5, "None",
    ]  # fmt: skip
