"""Lines to leaves: the same as the sealer made of the events."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.events import Event, encode
from proxy.evidence.columns import VERSION, columns, tables
from proxy.evidence.merkle import SIZE
from proxy.journal.model import Entry
from proxy.sealing.entries import Leafing
from proxy.store.tables import table_for
from proxy.verification.rows import Part, identity_of, make
from tests.support.embedded import EmbeddedStore
from tests.support.event_strategies import events
from tests.support.rows import VIEW, view

SEED = bytes(32)
NAMES = {table: tuple(c.name for c in columns(table)) for table in tables()}
PART = Part(1, 100, SEED)


def line(event: Event, seq: int) -> bytes:
    """A row of a store as it answers."""
    table = table_for(event)
    row = dict(zip(table.columns, table.row(event, "node", 7, seq), strict=True))
    values = [row[name] for name in NAMES[table.name]]
    plain = [
        v.hex() if isinstance(v, bytes) else int(v) if isinstance(v, bool) else v
        for v in values
    ]
    return msgspec.json.encode(plain) + b"\n"


def leaves_of(events: list[Event]) -> list[bytes]:
    """As the sealer makes them."""
    entries = [Entry(seq, encode(event)) for seq, event in enumerate(events, 1)]
    run = Leafing().leaves(entries, "node", 7, SEED).run
    return [run[at : at + SIZE] for at in range(0, len(run), SIZE)]


@given(st.lists(events(), min_size=1, max_size=6))
def test_a_row_that_is_written_as_json_has_the_leaf_of_its_event(
    several: list[Event],
) -> None:
    """Every kind of event, any value."""
    expected = leaves_of(several)

    for seq, event in enumerate(several, 1):
        table = table_for(event).name
        made = make(
            table, NAMES[table], VERSION, line(event, seq), ("node", 7), (PART,)
        )

        assert (made.seqs, made.leaves) == ([seq], [expected[seq - 1]])


@pytest.mark.parametrize("seed", range(3))
def test_a_row_that_a_store_gives_has_the_leaf_of_its_event(
    embedded_store: EmbeddedStore, seed: int
) -> None:
    """The store's own types and spelling on the way in and out."""
    from hypothesis import Phase, settings

    from proxy.verification.store import StoreSource

    several: list[Event] = []

    @settings(max_examples=40, phases=[Phase.generate], database=None)
    @given(events())
    def gather(event: Event) -> None:
        several.append(event)

    gather()
    store = embedded_store.store()
    rows: dict[str, list[Any]] = {}
    for seq, event in enumerate(several, 1):
        rows.setdefault(table_for(event).name, []).append((seq, event))
    found: dict[int, bytes] = {}
    for name, mine in rows.items():
        table = table_for(mine[0][1])
        store.insert(
            name,
            table.columns,
            [table.row(event, "node", 7, seq) for seq, event in mine],
            f"t{seed}",
        )
        data = b"".join(StoreSource(store).lines(name, "node", 7, 1, 1000))
        part = Part(1, 1000, SEED)
        made = make(name, NAMES[name], VERSION, data, ("node", 7), (part,))
        assert made.strays == []
        found.update(zip(made.seqs, made.leaves, strict=True))
    store.close()

    assert [found[seq] for seq in range(1, len(several) + 1)] == leaves_of(several)


def test_rows_of_several_seals_are_salted_by_their_own() -> None:
    """In any order."""
    lines = b"".join(line(view(position=n), n) for n in (5, 1, 3))
    parts = (Part(1, 2, b"1" * 32), Part(3, 4, b"2" * 32), Part(5, 9, b"3" * 32))

    together = make("views", NAMES["views"], 1, lines, ("node", 7), parts)

    assert not together.ordered
    for seq, leaf in zip(together.seqs, together.leaves, strict=True):
        own = tuple(part for part in parts if part.first <= seq <= part.last)
        alone = line(view(position=seq), seq)
        assert make("views", NAMES["views"], 1, alone, ("node", 7), own).leaves == [
            leaf
        ]


def test_rows_that_do_not_belong_are_strays() -> None:
    """Another node, epoch, number; or a value of another type."""
    right = line(VIEW, 5)
    wrong = [
        right.replace(b'"node"', b'"other"'),
        right.replace(b",7,5,", b",8,5,"),
        right.replace(b",7,5,", b",7,101,"),
        right.replace(b'"sonar"', b"17"),
        b"rubbish\n",
    ]

    made = make(
        "views", NAMES["views"], 1, b"".join([right, *wrong]), ("node", 7), (PART,)
    )

    assert made.seqs == [5]
    assert sorted(made.strays) == [
        ("node", 7, 5),
        ("node", 7, 101),
        ("node", 8, 5),
        ("other", 7, 5),
    ]
    assert made.broken == 1


def test_a_value_out_of_range_costs_its_own_row_only() -> None:
    """A leaf that is empty says so."""
    lines = line(VIEW, 1) + line(view(position=-1), 2) + line(VIEW, 3)

    made = make("views", NAMES["views"], 1, lines, ("node", 7), (PART,))

    assert [bool(leaf) for leaf in made.leaves] == [True, False, True]


@pytest.mark.parametrize("bad", [b"", b"[", b"{}", b'["a"]', b'["a",1,"x"]', b"\xff"])
def test_what_has_no_identity_has_none(bad: bytes) -> None:
    """Never an exception."""
    assert identity_of(bad) is None
