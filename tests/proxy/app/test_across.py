"""The step that compares nodes: what it waits for, and what it hands over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from proxy.app.across import Nodes, Role, step
from proxy.attribution.histories import Bounds
from proxy.config import Across, load
from proxy.errors import UnavailableError, UsageError
from proxy.events import AttributionLearned
from proxy.store.client import ClickHouseStore
from tests.proxy.store.test_across import changed, put, used
from tests.support.clocks import ManualClock
from tests.support.embedded import EmbeddedStore
from tests.support.rows import NOON_NS
from tests.support.sidecars import Front, write_config

SECOND = 10**9
RULES = """
application: sonar
session: {cookie: S}
login:
  - form: {request: "POST /login", user: form.u}
    confirmed_when: {status: 302}
records:
  client:
    request: "GET /client/{id}"
    action: view
    subject: {type: client, id: path.id}
"""
BOUNDS = Bounds(skew=2 * SECOND, idle=8 * 3600 * SECOND, absolute=24 * 3600 * SECOND)
NODES = Nodes(("a", "b"), {"sonar": BOUNDS}, 2 * SECOND, underway_ns=0)


@pytest.fixture
def store(embedded_store: EmbeddedStore) -> Iterator[ClickHouseStore]:
    """A login on a, its use on b."""
    store = embedded_store.store()
    put(
        store,
        "a",
        used("k", 5, "jansen", offset=1),
        changed("k", 5, "logged_in", "b1", offset=1),
        used("", 400),
    )
    put(store, "b", used("k", 20, offset=2), used("k", 21, offset=3))
    yield store
    store.close()


def test_nothing_is_judged_before_every_node_has_told(store: ClickHouseStore) -> None:
    """A logout may be on its way; the answer says whose."""
    early = step(store, NODES, NOON_NS, NOON_NS)
    assert (early.until_ns, early.events) == (NOON_NS, [])
    assert early.waits_for.startswith("b: ")

    put(store, "b", used("", 400), first=3)
    late = step(store, NODES, NOON_NS, NOON_NS)

    assert (late.given, late.taken_back, late.keys) == (2, 0, 1)
    assert step(store, NODES, late.until_ns, NOON_NS).events == []


def test_a_node_that_is_not_listed_stops_it(store: ClickHouseStore) -> None:
    """What it saw would not be waited for."""
    put(store, "c", used("k", 20))

    with pytest.raises(UsageError, match=r"across\.nodes: c also recorded sonar"):
        step(store, NODES, NOON_NS, NOON_NS)


def test_a_step_counts_once_the_recorder_has_its_rows(
    store: ClickHouseStore, tmp_path: Path
) -> None:
    """The place is kept on disk; a later start goes on from there."""
    put(store, "a", used("", 420), first=4)
    put(store, "b", used("", 400), used("", 420), first=3)
    rules = tmp_path / "sonar.yaml"
    rules.write_text(RULES)
    front = Front(name="sonar", rules=rules, upstream="http://127.0.0.1:1")
    config = load(write_config(tmp_path, [front], wires=1))
    across = Across(nodes=("a", "b"), clock_skew=2.0, every=60.0)
    config = replace(config, across=across)
    clock = ManualClock()
    clock.advance((NOON_NS - clock.wall_ns()) / 1e9 + 1)

    journal: list[AttributionLearned] = []

    def away(_: object) -> None:
        raise UnavailableError("no recorder listens")

    broken = Role(config, store, clock, away)
    while broken.try_step():
        pass
    assert broken.error == "no recorder listens"
    role = Role(config, store, clock, journal.extend)
    while role.try_step():
        pass
    assert role.error == ""
    assert role.figures()["names_given"] == 2
    again = Role(config, store, clock, journal.extend)
    assert not again.try_step()

    assert again.figures()["names_given"] == 0
    assert [each.exchanges for each in journal] == [2]
