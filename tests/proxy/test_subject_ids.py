"""Ids become events once, encrypted."""

from __future__ import annotations

from proxy.events import Action, Extraction, ViewRecorded, encode
from proxy.extraction.model import Extracted, Found
from proxy.extraction.same_as import Paired
from proxy.pseudonym import pseudonym
from proxy.recovery import LONGEST, Recovery
from proxy.subject_ids import SubjectIds
from proxy.views import ViewMaker
from tests.support.rows import EXCHANGE

KEY = b"k" * 32
RECOVERY = Recovery(b"r" * 64, 2)
MAKER = ViewMaker(exchange=EXCHANGE, rule="r", key=KEY, key_id=3)


def page(*identifiers: str) -> tuple[Extracted, list[ViewRecorded]]:
    """A page that shows these clients, and its views."""
    found = [Found("client", each, Action.LIST, (), 0) for each in identifiers]
    views = MAKER.views(found)
    assert isinstance(views, list)
    return Extracted(Extraction.RECORDED, "", found), views


def test_a_subject_is_recorded_once() -> None:
    """A page is shown a hundred times a day."""
    ids = SubjectIds(RECOVERY, KEY, 3)

    (event,) = ids.shown(EXCHANGE, *page("canary-4711", "canary-4711"))
    again = ids.shown(EXCHANGE, *page("canary-4711"))

    assert again == []
    assert event.subject == pseudonym(KEY, "client", "canary-4711")
    assert (event.subject_key, event.recovery_key) == (3, 2)
    assert event.at_ns == EXCHANGE.started_ns
    assert b"canary" not in encode(event)
    opened = RECOVERY.decrypt(event.encrypted_id, "client", event.subject, 3)
    assert opened == "canary-4711"


def test_both_ids_of_a_pair_are_recorded() -> None:
    """One that was shown by itself is known already."""
    ids = SubjectIds(RECOVERY, KEY, 3)
    pair = Paired("client", "4711", "bsn", "123456782")
    ids.shown(EXCHANGE, *page("4711"))

    (event,) = ids.paired(EXCHANGE, Extracted(Extraction.RECORDED, "", [], (pair,)))

    assert event.subject_type == "bsn"
    assert event.subject == pseudonym(KEY, "bsn", "123456782")


def test_what_is_remembered_is_bounded() -> None:
    """The one least recently seen is recorded once more."""
    ids = SubjectIds(RECOVERY, KEY, 3, most=2)

    ids.shown(EXCHANGE, *page("a", "b", "a", "c"))

    assert len(ids) == 2
    assert ids.shown(EXCHANGE, *page("a")) == []
    assert len(ids.shown(EXCHANGE, *page("b"))) == 1


def test_an_id_that_is_none_is_not_kept() -> None:
    """Its pseudonym is, with the view; here it is counted."""
    ids = SubjectIds(RECOVERY, KEY, 3)

    found = ids.shown(EXCHANGE, *page("x" * (LONGEST + 1)))

    assert (found, ids.too_long, len(ids)) == ([], 1, 0)
