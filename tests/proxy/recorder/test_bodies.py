"""Events of a batch are bytes in order, those of large lists when written."""

from __future__ import annotations

from proxy.events import Action, encode
from proxy.extraction.many import ManyFound
from proxy.recorder.bodies import Bodies
from proxy.views import ManyViews, ViewMaker
from tests.support.rows import EXCHANGE

MAKER = ViewMaker(exchange=EXCHANGE, rule="export", key=b"k" * 32, key_id=1)


def test_large_lists_stand_where_they_were_added() -> None:
    """The same bytes each time, and a size that is not too low."""
    found = ManyFound([("client", Action.EXPORT, (), {str(n): n for n in range(500)})])
    views = ManyViews(MAKER, found)
    bodies = Bodies()

    bodies.add(MAKER.exchange)
    bodies.add_many(views)
    bodies.add(MAKER.exchange)

    plain = [encode(each) for each in (MAKER.exchange, *views, MAKER.exchange)]
    assert list(bodies) == plain == list(bodies)
    assert len(bodies) == 502
    assert bodies.ready == 2
    assert sum(map(len, plain)) <= bodies.bytes < 1.2 * sum(map(len, plain))
    assert plain[7] in bodies


def test_an_empty_batch_is_false() -> None:
    """The journal asks."""
    assert not Bodies()
