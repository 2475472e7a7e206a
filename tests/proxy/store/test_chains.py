"""The chain behind a name, found again in the evidence."""

from __future__ import annotations

import msgspec

from proxy.events import Actor, Event, SessionKind, Strength
from proxy.store.chains import Reference, chain
from proxy.store.client import ClickHouseStore
from proxy.store.tables import table_for
from tests.support.embedded import EmbeddedStore
from tests.support.rows import NOON_NS, SESSION, exchange, learned, view

SECOND = 10**9
NAMED = Actor(
    name="jansen",
    scheme="form",
    strength=Strength.CONFIRMED,
    binding="5-7-4d2",
    session="ab",
)
UNKNOWN = Actor(reason="unknown_session", session="cd")
LATER = Actor(
    name="pieters", scheme="page", strength=Strength.INFERRED, binding="5-8-10"
)


def _insert(store: ClickHouseStore, events: tuple[Event, ...]) -> None:
    for seq, event in enumerate(events, 1):
        table = table_for(event)
        store.insert(
            table.name, table.columns, [table.row(event, "n", 1, seq)], token=f"c{seq}"
        )


def test_a_chain_goes_from_the_view_to_the_login_and_its_end(
    embedded_store: EmbeddedStore,
) -> None:
    """Only what belongs to that binding, in order."""
    change = msgspec.structs.replace
    store = embedded_store.store()
    other = change(NAMED, binding="5-9-1")
    _insert(
        store,
        (
            view(actor=NAMED),
            exchange(path="/login", method="POST", status=302, request_offset=0x4D2),
            change(SESSION, actor=NAMED, at_ns=NOON_NS - SECOND),
            change(SESSION, actor=NAMED, kind=SessionKind.LOGGED_OUT),
            change(SESSION, actor=other),
        ),
    )

    found = chain(store, Reference("n", 1, 1))

    assert found is not None
    assert found.confirmed is not None
    assert (found.confirmed.method, found.confirmed.path) == ("POST", "/login")
    assert [event.kind for event in found.events] == ["logged_in", "logged_out"]
    assert chain(store, Reference("n", 2, 1)) is None
    store.close()


def test_a_chain_of_a_name_learned_later_says_what_told_it(
    embedded_store: EmbeddedStore,
) -> None:
    """The view has no name, and the row that names it is shown."""
    change = msgspec.structs.replace
    store = embedded_store.store()
    told = change(LATER, session="cd")
    _insert(
        store,
        (
            view(actor=UNKNOWN),
            learned(actor=told, from_ns=NOON_NS, to_ns=NOON_NS + SECOND),
            change(SESSION, actor=told, kind=SessionKind.CONFIRMED),
            exchange(path="/home", connection=8, request_offset=16),
        ),
    )

    found = chain(store, Reference("n", 1, 1))

    assert found is not None
    assert found.view.actor == ""
    assert found.learned is not None
    assert (found.learned.actor, found.learned.strength) == ("pieters", "inferred")
    assert found.confirmed is not None
    assert found.confirmed.path == "/home"
    assert [event.kind for event in found.events] == ["confirmed"]
    store.close()
