"""Views are made of an exchange and its subjects."""

from __future__ import annotations

from dataclasses import replace

from proxy.events import Action, encode
from proxy.events.custody import SubjectSeen
from proxy.extraction.many import ManyFound
from proxy.extraction.model import Found
from proxy.pseudonym import pseudonym
from proxy.recovery import Recovery
from proxy.subject_ids import SubjectIds
from proxy.views import LongEvents, ManyViews, ViewMaker
from tests.support.rows import EXCHANGE

MAKER = ViewMaker(exchange=EXCHANGE, rule="export", key=b"k" * 32, key_id=3)


def test_a_view_says_of_whom_without_telling() -> None:
    """The subject is a pseudonym; the rest is the exchange's."""
    view = MAKER.view(Found("client", "K-99177", Action.LIST, ("contact",), 4))

    assert view.subject == pseudonym(b"k" * 32, "client", "K-99177")
    assert (view.subject_type, view.subject_key, view.position) == ("client", 3, 4)
    assert (view.rule, view.categories) == ("export", ("contact",))
    assert view.request_offset == MAKER.exchange.request_offset
    assert b"K-99177" not in repr(view).encode()


def test_the_views_of_a_large_list_are_those_of_its_subjects() -> None:
    """In order, after what comes before them."""
    found = ManyFound(
        [
            ("client", Action.EXPORT, (), {"5": 0, "7": 1}),
            ("file", Action.LIST, (), {"9": 1}),
        ]
    )
    views = ManyViews(MAKER, found)

    assert list(views) == [MAKER.view(each) for each in found]
    assert list(LongEvents([MAKER.exchange], views)) == [MAKER.exchange, *views]
    assert [(each, count) for each, count in views.samples()] == [
        (MAKER.view(found[0]), 2),
        (MAKER.view(found[2]), 1),
    ]


def test_a_large_list_records_the_ids_of_its_subjects() -> None:
    """Each after its view, as often as it is gone through; an estimate of their size
    is not too low."""
    recovery = Recovery(b"r" * 64, 1)
    maker = replace(MAKER, ids=SubjectIds(recovery, b"k" * 32, 3))
    found = ManyFound([("client", Action.EXPORT, (), {"5": 0, "canary-77": 1})])
    views = ManyViews(maker, found)

    events = list(views)

    assert events == list(views)
    assert len(events) == len(views) == 4
    assert events[::2] == [MAKER.view(each) for each in found]
    seen = [each for each in events if isinstance(each, SubjectSeen)]
    ids = [
        recovery.decrypt(each.encrypted_id, "client", each.subject, 3) for each in seen
    ]
    assert ids == ["5", "canary-77"]
    size = sum(len(encode(each)) for each in events)
    assert size <= sum(len(encode(each)) * n for each, n in views.samples()) + 4 * 5
