"""Canonical bytes: one row, one run of bytes, wherever it comes from."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.events import Event, decode, encode
from proxy.events.custody import SubjectSeen
from proxy.evidence.canonical import Encoder, NotCanonical, places
from proxy.evidence.columns import VERSION
from proxy.store.tables import table_for
from tests.support.event_strategies import events
from tests.support.rows import EXCHANGE, VIEW


def canonical(event: Event, seq: int = 9, version: int = VERSION) -> bytes:
    """The bytes of an event as the sealer makes them."""
    table = table_for(event)
    row = table.row(event, "node", 7, seq)
    order = places(table.name, table.columns, version)
    return Encoder(table.name, version).row([row[n] for n in order])


@given(events())
def test_an_event_read_from_the_journal_has_the_same_bytes(event: Event) -> None:
    """The sealer sees what was committed, the shipper what was decoded."""
    assert canonical(decode(encode(event))) == canonical(event)


def _sealed(event: Event) -> Event:
    """What seals cover of it (``columns.NOT_SEALED``)."""
    if isinstance(event, SubjectSeen):
        return msgspec.structs.replace(event, encrypted_id=b"")
    return event


@given(st.lists(st.tuples(events(), st.integers(1, 2**63)), min_size=2, max_size=2))
def test_different_rows_have_different_bytes(pair: list[tuple[Event, int]]) -> None:
    """Nothing of one column can be moved into the next unseen."""
    (one, first), (other, second) = pair

    same = (_sealed(one), first) == (_sealed(other), second)

    assert (canonical(one, first) == canonical(other, second)) is same


@given(st.lists(events(), max_size=8))
def test_many_rows_at_once_have_the_bytes_of_each(several: list[Event]) -> None:
    """Columns or rows: the same."""
    for kind in {type(event) for event in several}:
        mine = [event for event in several if type(event) is kind]
        table = table_for(mine[0])
        order = places(table.name, table.columns, VERSION)
        rows = [table.row(event, "node", 7, 9) for event in mine]
        columns: list[list[Any]] = [[row[n] for row in rows] for n in order]

        assert list(Encoder(table.name).rows(columns)) == [canonical(e) for e in mine]


def test_the_bytes_of_version_1_stay_as_they_are() -> None:
    """Seals of years ago rest on them: if this fails, the change is wrong."""
    digests = [
        sha256(canonical(event, version=1)).hexdigest()[:16]
        for event in (EXCHANGE, VIEW)
    ]

    assert digests == ["b6ba07b0b023fb2d", "b17931f967d43158"]


@pytest.mark.parametrize("wrong", [-1, 2**64, "1", None, 1.5])
def test_a_number_that_no_column_holds_is_refused(wrong: object) -> None:
    """Told apart from a row that is merely another."""
    table = table_for(VIEW)
    row = list(table.row(VIEW, "node", 7, 9))
    row[1] = wrong
    order = places(table.name, table.columns, VERSION)

    with pytest.raises(NotCanonical):
        Encoder(table.name).row([row[n] for n in order])


def test_a_column_that_is_missing_is_named() -> None:
    """An export without it cannot be verified."""
    without = tuple(name for name in table_for(VIEW).columns if name != "subject")

    with pytest.raises(NotCanonical, match=r"no column subject$"):
        places("views", without, VERSION)
