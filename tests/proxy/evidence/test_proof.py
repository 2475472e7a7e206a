"""One row, proven without the others."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.events import Event
from proxy.evidence import merkle
from proxy.evidence.canonical import Encoder, places
from proxy.evidence.columns import VERSION
from proxy.evidence.leaves import leaf, salt
from proxy.evidence.proof import Proof, ProofRefused, follow, prove
from proxy.evidence.seal import Seal, Signed, fingerprint, sign
from proxy.store.tables import table_for
from tests.support.event_strategies import events
from tests.support.rows import EXCHANGE, VIEW
from tests.support.sealing import keys
from tests.support.seals import KEY, OTHER_KEY, SEED


def proven(several: list[Event], index: int) -> Proof:
    """The proof of one of several events that are sealed together."""
    run = b""
    chosen: tuple[str, tuple[object, ...]] = ("", ())
    for n, event in enumerate(several):
        table = table_for(event)
        row = table.row(event, "node", 7, 11 + n)
        values = tuple(row[at] for at in places(table.name, table.columns, VERSION))
        run += leaf(SEED, 11 + n, Encoder(table.name).row(values))
        if n == index:
            chosen = table.name, values
    seal = Seal(
        node="node",
        number=2,
        epoch=7,
        first=11,
        last=10 + len(several),
        root=merkle.root(run).hex(),
        columns=VERSION,
        sealed_at_ns=0,
        previous="",
        key=fingerprint(KEY.public_key()),
        seed=sha256(SEED).hexdigest(),
        tags="",
    )
    return prove(
        *chosen, 11 + index, run, (seal, sign(seal, KEY)), salt(SEED, 11 + index)
    )


@given(st.lists(events(), min_size=1, max_size=6), st.data())
def test_a_proof_holds_after_a_way_through_a_file(
    several: list[Event], data: st.DataObject
) -> None:
    """Whatever the values, whichever the row."""
    index = data.draw(st.integers(0, len(several) - 1))
    written = msgspec.json.encode(proven(several, index))

    seal = follow(msgspec.json.decode(written, type=Proof), keys(KEY))

    assert seal.number == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "pietersen"),
        ("seq", 13),
        ("seq", True),
        ("epoch", 8),
        ("node", "other"),
        ("subject", "00" * 16),
        ("subject", "no hex"),
        ("categories", ["health"]),
        ("position", -1),
    ],
)
def test_a_row_that_is_not_the_sealed_one_is_refused(
    column: str, value: object
) -> None:
    """Any column of it."""
    proof = proven([VIEW, VIEW, EXCHANGE], 1)
    changed = msgspec.structs.replace(proof, row={**proof.row, column: value})

    with pytest.raises(ProofRefused):
        follow(changed, keys(KEY))


def test_a_proof_without_a_column_or_table_is_refused() -> None:
    """Never an error of our own."""
    proof = proven([VIEW, EXCHANGE], 0)
    less = {name: value for name, value in proof.row.items() if name != "rule"}

    for wrong in (
        msgspec.structs.replace(proof, row=less),
        msgspec.structs.replace(proof, table="gaps"),
        msgspec.structs.replace(proof, table="nothing"),
        msgspec.structs.replace(proof, path=()),
        msgspec.structs.replace(proof, salt="zz"),
        msgspec.structs.replace(proof, seal=Signed(body="{}", signature="")),
    ):
        with pytest.raises(ProofRefused):
            follow(wrong, keys(KEY))


def test_a_proof_needs_a_key_that_is_known() -> None:
    """Anybody can make a seal."""
    with pytest.raises(ProofRefused, match="key"):
        follow(proven([VIEW], 0), keys(OTHER_KEY))


def test_a_proof_shows_nothing_of_other_rows() -> None:
    """Their hashes are salted with salts that it does not tell."""
    proof = proven([VIEW, EXCHANGE], 0)
    text = msgspec.json.encode(proof).decode()

    assert SEED.hex() not in text
    assert "text/html" not in text
