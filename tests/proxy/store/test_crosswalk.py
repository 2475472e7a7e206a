"""Ids of one client: followed from pair to pair, never across a contradiction."""

from __future__ import annotations

from collections.abc import Iterable

from proxy.store.client import ClickHouseStore
from proxy.store.crosswalk import Identifier, conflicts_of, follow
from proxy.store.tables import CROSSWALK
from tests.support.embedded import EmbeddedStore
from tests.support.rows import paired


def _id(text: str) -> bytes:
    return text.encode().ljust(16, b".")


def _hex(text: str) -> str:
    return _id(text).hex()


def _store(server: EmbeddedStore, pairs: Iterable[str]) -> ClickHouseStore:
    """A store with pairs such as ``client:5=bsn:7``."""
    store = server.store()
    for seq, pair in enumerate(pairs, 1):
        one, _, other = pair.partition("=")
        event = paired(
            one_type=one.partition(":")[0],
            one=_id(one),
            other_type=other.partition(":")[0],
            other=_id(other),
        )
        row = CROSSWALK.row(event, "n", 1, seq)
        store.insert(CROSSWALK.name, CROSSWALK.columns, [row], token=f"p{seq}")
    return store


def _asked(text: str) -> Identifier:
    return Identifier(type=text.partition(":")[0], pseudonym=_hex(text))


def _names(identifiers: Iterable[Identifier]) -> dict[str, int]:
    return {
        bytes.fromhex(each.pseudonym).decode().rstrip("."): each.hops
        for each in identifiers
    }


def test_pairs_are_followed_from_either_side_over_several_hops(
    embedded_store: EmbeddedStore,
) -> None:
    """A BSN leads to the number and the row id; who says so stands beside it."""
    pairs = ["client:5=bsn:7", "row:9=client:5", "client:6=bsn:8", "client:5=bsn:7"]
    store = _store(embedded_store, pairs)

    found = follow(store, [_asked("bsn:7")])

    assert _names(found.identifiers) == {"bsn:7": 0, "client:5": 1, "row:9": 2}
    assert found.conflicts == ()
    assert found.complete
    last = found.identifiers[-1]
    assert (last.through_type, last.through) == ("client", _hex("client:5"))
    assert last.sources == ("rule client_detail",)


def test_pairs_that_contradict_each_other_are_told_and_not_followed(
    embedded_store: EmbeddedStore,
) -> None:
    """From either side: neither BSN is taken for the client's."""
    store = _store(embedded_store, ["client:5=bsn:7", "client:5=bsn:8"])
    (known,) = conflicts_of(store)

    for asked in ("client:5", "bsn:7"):
        found = follow(store, [_asked(asked)])

        assert _names(found.identifiers) == {asked: 0}
        assert found.conflicts == (known,)
    assert (known.type, known.pseudonym) == ("client", _hex("client:5"))
    assert known.paired == (_hex("bsn:7"), _hex("bsn:8"))


def test_a_second_id_of_a_type_that_was_reached_already_is_a_conflict(
    embedded_store: EmbeddedStore,
) -> None:
    """One BSN, two numbers, by way of a row id: not merged."""
    store = _store(embedded_store, ["client:5=bsn:7", "bsn:7=row:9", "row:9=client:6"])

    found = follow(store, [_asked("client:5")])

    assert _names(found.identifiers) == {"client:5": 0, "bsn:7": 1, "row:9": 2}
    assert [c.paired for c in found.conflicts] == [(_hex("client:6"),)]


def test_the_same_id_under_two_keys_is_followed_under_each(
    embedded_store: EmbeddedStore,
) -> None:
    """A key that was replaced makes no conflict with the one after it."""
    store = _store(embedded_store, ["bsn:7old=client:5old", "bsn:7new=client:5new"])

    found = follow(store, [_asked("bsn:7old"), _asked("bsn:7new")])

    assert found.conflicts == ()
    assert {"client:5old", "client:5new"} < set(_names(found.identifiers))


def test_what_is_followed_is_bounded(embedded_store: EmbeddedStore) -> None:
    """A long chain ends, and the answer says that there is more."""
    chain = [f"t{n}:x=t{n + 1}:x" for n in range(8)]
    store = _store(embedded_store, chain)

    found = follow(store, [_asked("t0:x")], hops=3)
    few = follow(store, [_asked("t0:x")], most=2)

    assert max(_names(found.identifiers).values()) == 3
    assert not found.complete
    assert len(few.identifiers) == 2
    assert not few.complete


def test_an_id_that_nobody_paired_stands_alone(embedded_store: EmbeddedStore) -> None:
    """No pairs, no conflict, nothing left out."""
    found = follow(embedded_store.store(), [_asked("client:5")])

    assert found.identifiers == (_asked("client:5"),)
    assert found.complete
