"""What is wrong with the rows of one seal."""

from __future__ import annotations

import msgspec
import pytest

from proxy.evidence import merkle
from proxy.evidence.check import Gathering, needs_no_root, root_of, rows, seeds
from proxy.evidence.findings import Fault
from proxy.evidence.leaves import absent, leaf, leaves, tags
from proxy.evidence.seal import Seal, Sealed
from tests.support import seals
from tests.support.seals import SEED

SEAL, SEALED = seals.sealed(3, 11, 20)
ROWS = dict(zip(range(11, 21), seals.rows(11, 20), strict=True))


def gather(changed: dict[int, bytes | None], *twice: int) -> Gathering:
    """All rows of the seal, some of them changed, some gone (None)."""
    found = Gathering(SEAL, SEALED)
    for seq, row in {**ROWS, **changed}.items():
        if row is not None:
            found.put(seq, leaf(SEED, seq, row) if row else b"")
    for seq in twice:
        found.put(seq, leaf(SEED, seq, ROWS[seq]))
    return found


def found(gathering: Gathering) -> list[tuple[Fault, int, int]]:
    """Faults and where."""
    return [(each.fault, each.seq, each.last) for each in rows(gathering)]


def test_untouched_rows_are_right_in_any_order() -> None:
    """A store gives them as it likes."""
    gathering = Gathering(SEAL, SEALED)
    for seq in reversed(ROWS):
        gathering.put(seq, leaf(SEED, seq, ROWS[seq]))

    assert not needs_no_root(gathering)
    assert rows(gathering) == []


@pytest.mark.parametrize("seq", [11, 15, 20])
def test_a_changed_row_is_found_at_its_number(seq: int) -> None:
    """By its tag."""
    assert found(gather({seq: b"other"})) == [(Fault.CHANGED, seq, seq)]


def test_two_rows_that_changed_places_are_both_found() -> None:
    """The number is part of the row."""
    assert found(gather({12: ROWS[13], 13: ROWS[12]})) == [(Fault.CHANGED, 12, 13)]


def test_missing_rows_are_found_as_runs() -> None:
    """First, last, several."""
    gone: dict[int, bytes | None] = {11: None, 12: None, 20: None}

    assert needs_no_root(gather(gone))
    assert found(gather(gone)) == [(Fault.MISSING, 11, 12), (Fault.MISSING, 20, 20)]


def test_a_row_twice_is_found() -> None:
    """Also a third time."""
    assert found(gather({}, 14)) == [(Fault.ADDED, 14, 14)]
    assert found(gather({}, 14, 14)) == [(Fault.ADDED, 14, 14)]


def test_a_row_without_bytes_is_found() -> None:
    """A value that no recorder wrote."""
    assert found(gather({15: b""})) == [(Fault.UNREADABLE, 15, 15)]


def test_changed_and_missing_rows_of_one_seal_are_both_found() -> None:
    """The tags of the others still speak."""
    faults = found(gather({13: None, 17: b"other"}))

    assert faults == [(Fault.MISSING, 13, 13), (Fault.CHANGED, 17, 17)]


def test_a_change_that_keeps_its_tag_is_still_found() -> None:
    """The root tells that something was changed, if not what."""
    gathering = gather({15: b"other"})
    kept = msgspec.structs.replace(SEALED, tags=tags(gathering.leaves).hex())
    again = Gathering(msgspec.structs.replace(SEAL, tags=""), kept)
    again.seen, again.leaves = gathering.seen, gathering.leaves

    assert found(again) == [(Fault.CHANGED, 11, 20)]


def test_seed_and_tags_of_another_seal_are_told() -> None:
    """They are committed to in what was signed."""
    swapped = msgspec.structs.replace(SEALED, seed="00" * 32, tags="11")

    assert list(seeds(SEAL, SEALED)) == []
    assert [each.fault for each in seeds(SEAL, swapped)] == [Fault.SEED_CHANGED] * 2
    assert list(seeds(SEAL, msgspec.structs.replace(SEALED, seed="", tags=""))) == []


def test_entries_that_were_absent_are_not_missed() -> None:
    """The seal says which."""
    run = [*leaves(SEED, [1], [b"a"]), absent(2), *leaves(SEED, [3], [b"c"])]
    whole = b"".join(run)
    seal = msgspec.structs.replace(
        SEAL, first=1, last=3, absent=((2, 2),), root=merkle.root(whole).hex()
    )
    gathering = Gathering(seal, Sealed(body="", signature="", seed=SEED.hex()))
    gathering.put(1, run[0])
    gathering.put(3, run[2])

    assert rows(gathering) == []


def test_leaves_that_were_kept_have_the_sealed_root() -> None:
    """Under a legal hold, when the rows are gone."""
    run = b"".join(leaves(SEED, ROWS, ROWS.values()))

    assert root_of(run.hex()) == SEAL.root
    assert root_of("no hex") == ""


def test_a_seal_is_a_plain_value() -> None:
    """Nothing in a check changes it."""
    assert isinstance(SEAL, Seal)
    assert SEAL.count == 10
