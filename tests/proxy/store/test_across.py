"""What is read of a login is whole, and says so when it is not."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from proxy.events import Actor, Event, SessionKind
from proxy.store.across import (
    SETTLED_NS,
    complete_until,
    families,
    histories,
    keys_on_several,
    nodes_of,
)
from proxy.store.client import ClickHouseStore
from proxy.store.tables import table_for
from tests.support.embedded import EmbeddedStore
from tests.support.rows import ACTOR, NOON_NS, SESSION, exchange, learned

SECOND = 10**9
NODE = "front-1"


@pytest.fixture
def store(embedded_store: EmbeddedStore) -> Iterator[ClickHouseStore]:
    """An empty database."""
    store = embedded_store.store()
    yield store
    store.close()


def put(store: ClickHouseStore, node: str, *events: Event, first: int = 1) -> None:
    """Rows of a node, numbered from ``first``."""
    for seq, event in enumerate(events, first):
        table = table_for(event)
        row = table.row(event, node, 1, seq)
        store.insert(table.name, table.columns, [row], f"{node}-{seq}")


def of(session: str, name: str = "", binding: str = "") -> Actor:
    """Who an exchange with this key is of."""
    reason = "" if name else "unknown_session"
    return msgspec.structs.replace(
        ACTOR, name=name, session=session, binding=binding, reason=reason
    )


def used(session: str, at: int, name: str = "", offset: int = 0) -> Event:
    """An exchange with a key."""
    ended = NOON_NS + at * SECOND
    return exchange(
        started_ns=ended - 5,
        ended_ns=ended,
        actor=of(session, name),
        request_offset=offset,
    )


def changed(session: str, at: int, kind: str, binding: str, offset: int = 0) -> Event:
    """Something that happened to it."""
    return msgspec.structs.replace(
        SESSION,
        at_ns=NOON_NS + at * SECOND,
        kind=SessionKind(kind),
        actor=of(session, "jansen", binding),
        previous="",
        request_offset=offset,
    )


def test_a_node_is_heard_as_far_as_its_numbers_have_no_hole(
    store: ClickHouseStore,
) -> None:
    """Rows that are under way may be the ones that matter."""
    since = NOON_NS - SECOND
    assert complete_until(store, NODE, since, underway_ns=0).until_ns == 0
    put(store, NODE, used("k", 0), used("k", 10), used("k", 90))

    whole = complete_until(store, NODE, since, underway_ns=0)
    assert whole == (NOON_NS + 90 * SECOND - SETTLED_NS, 0)
    put(store, NODE, used("k", 95), first=6)
    assert complete_until(store, NODE, since, underway_ns=0) == (0, 2)
    # Those before what may be under way are whole.
    assert complete_until(store, NODE, since) == (NOON_NS + 10 * SECOND - SETTLED_NS, 0)


def test_a_key_is_judged_when_two_nodes_know_of_it(store: ClickHouseStore) -> None:
    """Most sessions stay on one node and cost nothing."""
    put(
        store,
        "a",
        changed("both", 1, "logged_in", "b1"),
        changed("one", 1, "logged_in", "b2"),
        used("one", 20, "jansen"),
    )
    put(store, "b", used("both", 20), used("none", 20))

    def keys(most: int = 10) -> list[tuple[str, str]] | None:
        return keys_on_several(
            store,
            ["sonar"],
            NOON_NS,
            NOON_NS + 60 * SECOND,
            since_ns=NOON_NS - SECOND,
            skew_ns=0,
            most=most,
        )

    assert keys() == [("sonar", "both")]
    assert keys(most=0) is None
    assert nodes_of(store, ["sonar"], NOON_NS) == {"a", "b"}
    assert nodes_of(store, ["other"], NOON_NS) == set()


def test_keys_of_one_login_are_read_together(store: ClickHouseStore) -> None:
    """What happened to one may be why a name of the other is wrong."""
    put(
        store,
        "a",
        used("k1", 5, "jansen", offset=1),
        changed("k1", 5, "logged_in", "b1", offset=1),
        changed("k2", 30, "rotated", "b1", offset=2),
        changed("other", 30, "logged_in", "b9"),
        learned(actor=of("k1", "jansen", "b1"), about="b"),
    )
    put(store, "b", used("k2", 40), used("k2", 41))

    assert sorted(families(store, "sonar", ["k2", "other"])) == [
        ["k1", "k2"],
        ["other"],
    ]
    [history] = histories(
        store, [("sonar", "k2")], NOON_NS - SECOND, NOON_NS + 99 * SECOND
    )

    assert [(each.kind.value, each.key) for each in history.happened] == [
        ("logged_in", "k1"),
        ("rotated", "k2"),
    ]
    login, rotation = history.happened
    assert login.start == login.end - 5
    assert rotation.start == rotation.end - SETTLED_NS, "its exchange is not there"
    assert [each.key for each in history.seen] == ["k1", "k2", "k2"]
    assert [(each.node, each.name) for each in history.told] == [("b", "jansen")]
    assert history.whole
    [part] = histories(
        store, [("sonar", "k2")], NOON_NS - SECOND, NOON_NS + 99 * SECOND, most_seen=1
    )
    assert not part.whole
