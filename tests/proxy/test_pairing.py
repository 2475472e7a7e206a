"""Pairs become events once, under the key in use."""

from __future__ import annotations

from proxy.events import Extraction, IdentifiersPaired, encode
from proxy.extraction.model import Extracted, Reading
from proxy.extraction.same_as import Paired
from proxy.pairing import Pairing
from proxy.pseudonym import pseudonym
from tests.support.rows import EXCHANGE

KEY = b"k" * 32


def _reading(*pairs: Paired) -> Reading:
    extracted = Extracted(Extraction.RECORDED, "", [], pairs)
    return Reading(rule="detail", path="/", extracted=extracted)


PAIR = Paired("client", "canary-4711", "bsn", "canary-123456782")


def test_a_pair_is_recorded_with_the_exchange_that_showed_it() -> None:
    """As pseudonyms: neither id leaves."""
    (event,) = Pairing(KEY, 3).events(_reading(PAIR), EXCHANGE)

    assert isinstance(event, IdentifiersPaired)
    assert event.one == pseudonym(KEY, "client", "canary-4711")
    assert event.other == pseudonym(KEY, "bsn", "canary-123456782")
    assert (event.source, event.key, event.at_ns) == (
        "rule detail",
        3,
        EXCHANGE.started_ns,
    )
    assert (event.wire, event.request_offset) == (
        EXCHANGE.wire,
        EXCHANGE.request_offset,
    )
    assert b"canary" not in encode(event)


def test_the_same_page_again_records_nothing() -> None:
    """A page is shown a hundred times a day."""
    pairing = Pairing(KEY, 3)

    first = pairing.events(_reading(PAIR, PAIR), EXCHANGE)
    again = pairing.events(_reading(PAIR, PAIR._replace(other="9")), EXCHANGE)

    assert (len(first), len(again)) == (1, 1)


def test_what_is_remembered_is_bounded() -> None:
    """The one least recently seen is recorded once more."""
    pairing = Pairing(KEY, 3, most=2)
    a, b, c = (PAIR._replace(one=name) for name in "abc")

    pairing.events(_reading(a, b, a, c), EXCHANGE)

    assert len(pairing) == 2
    assert pairing.events(_reading(a), EXCHANGE) == []
    assert len(pairing.events(_reading(b), EXCHANGE)) == 1


def test_a_pair_found_by_another_rule_of_a_batch_names_it() -> None:
    """Not that of the reading."""
    (event,) = Pairing(KEY, 3).events(_reading(PAIR._replace(rule="call")), EXCHANGE)

    assert event.source == "rule call"
