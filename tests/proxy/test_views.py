"""Views are made of an exchange and its subjects."""

from __future__ import annotations

from proxy.events import Action
from proxy.extraction.many import ManyFound
from proxy.extraction.model import Found
from proxy.pseudonym import pseudonym
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
    assert [(view.action, count) for view, count in views.samples()] == [
        (Action.EXPORT, 2),
        (Action.LIST, 1),
    ]
