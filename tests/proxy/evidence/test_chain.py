"""What is wrong with a chain of seals."""

from __future__ import annotations

from proxy.evidence.chain import anchored, chain
from proxy.evidence.findings import Fault
from tests.support.sealing import keys
from tests.support.seals import KEY, OTHER_KEY, run_of, sealed

RIGHT = run_of((7, 1, 5), (7, 6, 5), (7, 6, 9), (8, 1, 4))


def faults(kept: object, *extra: object) -> list[tuple[Fault, int]]:
    """What is found, and at which seal."""
    found = chain("node", kept, keys(KEY))  # type: ignore[arg-type]
    return [(each.fault, each.seal) for each in found.findings]


def test_a_chain_as_it_was_made_is_right() -> None:
    """Empty periods and new epochs included."""
    found = chain("node", RIGHT, keys(KEY))

    assert found.findings == []
    assert [seal.number for seal, _ in found.seals] == [1, 2, 3, 4]


def test_a_missing_seal_is_found_wherever_it_was() -> None:
    """First, in the middle, several."""
    assert faults(RIGHT[1:])[0] == (Fault.SEAL_MISSING, 1)
    assert faults([RIGHT[0], *RIGHT[2:]]) == [(Fault.SEAL_MISSING, 2)]
    assert faults([RIGHT[0], RIGHT[3]]) == [(Fault.SEAL_MISSING, 2)]


def test_a_seal_twice_is_found() -> None:
    """A store that was written to by hand."""
    assert faults([*RIGHT[:2], RIGHT[1], *RIGHT[2:]]) == [(Fault.SEAL_CHANGED, 2)]


def test_a_seal_that_was_made_anew_breaks_the_chain() -> None:
    """With the right key even: the one after it names the old one."""
    _, forged = sealed(2, 6, 5, previous="00")

    found = faults([RIGHT[0], forged, *RIGHT[2:]])

    assert found == [(Fault.SEAL_CHANGED, 2), (Fault.SEAL_CHANGED, 3)]


def test_a_seal_of_another_key_is_no_seal() -> None:
    """It counts as changed, and its place is empty."""
    _, forged = sealed(2, 6, 5, previous=RIGHT[0].digest, key=OTHER_KEY)

    assert faults([RIGHT[0], forged, *RIGHT[2:]])[0] == (Fault.SEAL_CHANGED, 2)


def test_a_key_may_follow_another_and_not_come_back() -> None:
    """Whoever steals the old key signs nothing with it any more."""
    first = sealed(1, 1, 5)[1]
    second = sealed(2, 6, 9, previous=first.digest, key=OTHER_KEY)[1]
    third = sealed(3, 10, 12, previous=second.digest, key=KEY)[1]
    order = keys(KEY, OTHER_KEY)

    assert chain("node", [first, second], order).findings == []
    (finding,) = chain("node", [first, second, third], order).findings
    assert (finding.fault, finding.seal) == (Fault.SEAL_CHANGED, 3)


def test_entries_between_two_seals_or_in_both_are_found() -> None:
    """Each is in exactly one."""
    hole = run_of((7, 1, 5), (7, 7, 9))
    twice = run_of((7, 1, 5), (7, 5, 9))
    late = run_of((7, 1, 5), (8, 2, 9))
    back = run_of((8, 1, 5), (7, 1, 9))

    for wrong in (hole, twice, late, back):
        assert faults(wrong) == [(Fault.SEAL_CHANGED, 2)]


def test_an_anchor_shows_a_tail_that_was_cut() -> None:
    """Which nothing else can show."""
    found = chain("node", RIGHT[:2], keys(KEY))

    (finding,) = anchored(found, [RIGHT[3]], keys(KEY))

    assert found.findings == []
    assert (finding.fault, finding.seal, finding.epoch) == (Fault.TAIL_CUT, 4, 8)


def test_an_anchor_shows_a_history_that_was_written_anew() -> None:
    """With the seal key in the wrong hands."""
    anew = run_of((7, 1, 6), (7, 7, 6), (7, 7, 9), (8, 1, 4))
    found = chain("node", anew, keys(KEY))

    (finding,) = anchored(found, [RIGHT[2]], keys(KEY))

    assert found.findings == []
    assert (finding.fault, finding.seal) == (Fault.SEAL_CHANGED, 3)


def test_anchors_that_agree_or_are_of_others_say_nothing() -> None:
    """One that nobody signed is told."""
    found = chain("node", RIGHT, keys(KEY))
    _, elsewhere = sealed(90, 1, 5, node="elsewhere")
    _, unknown = sealed(1, 1, 5, key=OTHER_KEY)

    assert list(anchored(found, [*RIGHT, elsewhere], keys(KEY))) == []
    (finding,) = anchored(found, [unknown], keys(KEY))
    assert finding.fault is Fault.ANCHOR
