"""Entries to rows."""

from __future__ import annotations

import pytest

from proxy.events import Event, encode
from proxy.journal import Entry
from proxy.shipper.rows import happened_ns, split
from tests.support.rows import NOON_NS, SESSION, exchange, gap, view
from tests.support.shipping import mixed


def test_rows_keep_their_order_and_their_numbers() -> None:
    """Nothing is lost between entries and tables."""
    entries = [Entry(n, body) for n, body in enumerate(mixed(40), 5)]

    result = split(entries, "node", 9)

    assert result.unreadable == []
    assert sorted(e.entry.seq for rows in result.rows.values() for e in rows) == [
        *range(5, 45)
    ]
    for name, rows in result.rows.items():
        assert [n.entry.seq for n in rows] == sorted(n.entry.seq for n in rows)
        assert len(result.tables[name].columns) == len(rows[0].row)
        assert rows[0].row[:3] == ("node", 9, rows[0].entry.seq)


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x91\xa1z", encode(SESSION)[:-1]])
def test_bytes_that_are_no_event_are_told_and_cost_only_themselves(
    body: bytes,
) -> None:
    """As of a later version, or of a disk that changed a bit."""
    entries = [Entry(1, body), Entry(2, encode(SESSION))]

    result = split(entries, "node", 9)

    assert [(u.entry.seq, u.reason[:12]) for u in result.unreadable] == [
        (1, "not an event")
    ]
    assert [n.entry.seq for n in result.rows["sessions"]] == [2]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (exchange(ended_ns=7), 7),
        (view(started_ns=8), 8),
        (gap(to_ns=9), 9),
        (SESSION, NOON_NS),
    ],
)
def test_the_age_of_an_event_is_that_of_its_last_byte_known(
    event: Event, expected: int
) -> None:
    """What a lag is measured from."""
    assert happened_ns(encode(event)) == expected
    assert happened_ns(b"no event") is None
