"""Entries to leaves."""

from __future__ import annotations

from proxy.events import Event, encode
from proxy.evidence.leaves import absent
from proxy.evidence.merkle import SIZE
from proxy.journal.model import Entry
from proxy.sealing.entries import Leafing
from tests.support.rows import EXCHANGE, GAP, LEARNED, SESSION, VIEW, view

SEED = bytes(32)
EVENTS: list[Event] = [EXCHANGE, VIEW, SESSION, GAP, LEARNED]


def entries(*bodies: bytes) -> list[Entry]:
    """Numbered from 1."""
    return [Entry(seq, body) for seq, body in enumerate(bodies, 1)]


def test_leaves_stand_in_the_order_of_the_entries() -> None:
    """Whatever tables they go to."""
    bodies = [encode(event) for event in EVENTS]
    together = Leafing().leaves(entries(*bodies), "node", 7, SEED)

    apart = [
        Leafing().leaves([Entry(seq, body)], "node", 7, SEED).run
        for seq, body in enumerate(bodies, 1)
    ]

    assert together.run == b"".join(apart)
    assert together.absent == []
    assert together.rulesets == {"0123456789abcdef"}


def test_what_is_no_event_is_absent_and_costs_no_other() -> None:
    """A journal of a later version, or bytes that rotted."""
    made = Leafing().leaves(
        entries(encode(VIEW), b"rubbish", encode(GAP)), "node", 7, SEED
    )

    assert made.absent == [2]
    assert made.run[SIZE : 2 * SIZE] == absent(2)
    assert len(made.run) == 3 * SIZE


def test_a_value_that_fits_no_column_is_absent() -> None:
    """The store will refuse it, too."""
    made = Leafing().leaves(
        entries(encode(VIEW), encode(view(position=-1)), encode(VIEW)),
        "node",
        7,
        SEED,
    )

    assert made.absent == [2]


def test_node_and_epoch_are_part_of_a_leaf() -> None:
    """A row cannot be moved to another sidecar."""
    one = entries(encode(VIEW))

    runs = {
        Leafing().leaves(one, node, epoch, SEED).run
        for node, epoch in [("a", 1), ("b", 1), ("a", 2)]
    }

    assert len(runs) == 3
