"""A slice of the model behind a load balancer: three nodes, one store."""

from __future__ import annotations

import random

from tests.model import nodes
from tests.support.embedded import EmbeddedStore


def test_no_view_of_a_day_over_three_nodes_has_a_wrong_name(
    embedded_store: EmbeddedStore,
) -> None:
    """Clocks 2 s apart, logins and logouts on different nodes, asked through the
    store's own questions: named wherever it can be known, and nowhere else."""
    store = embedded_store.store()
    day = nodes.day(seed=2026, exchanges=3000, count=3)

    nodes.ship(day, store, random.Random(7))
    verdict = nodes.ask(day, store, 2026, employees=15)
    store.close()

    assert verdict.clean, verdict.examples
    assert verdict.later > 100
    assert verdict.taken_back > 20
    assert verdict.named > 1500


def test_without_comparing_there_are_wrong_names_and_missing_ones(
    embedded_store: EmbeddedStore,
) -> None:
    """The model can fail: this is what nodes say that know nothing of each other."""
    store = embedded_store.store()
    day = nodes.day(seed=2026, exchanges=1500, count=3)

    nodes.store_all(day, store)
    verdict = nodes.ask(day, store, 2026, employees=0)
    store.close()

    assert verdict.wrong > 0
    assert verdict.missing > 50
