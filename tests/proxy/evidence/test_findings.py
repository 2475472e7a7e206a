"""Findings sort by where they are."""

from __future__ import annotations

from proxy.evidence.findings import Finding


def test_the_first_finding_is_the_first_bad_place() -> None:
    """By node, epoch, number."""
    later = Finding(node="b", epoch=1, seq=5)
    first = Finding(node="a", epoch=2, seq=9)

    assert min(later, first) is first


def test_a_place_reads_as_other_commands_take_it() -> None:
    """``whosaw why`` takes it as it stands."""
    assert Finding(node="a", epoch=2, seq=9, last=9).place() == "a:2:9"
    assert Finding(node="a", epoch=2, seq=9, last=12).place() == "a:2:9-12"
    assert Finding(node="a", seal=4).place() == "a seal 4"
