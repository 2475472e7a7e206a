"""What the store refused, on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy.journal import Entry, SegmentDamaged
from proxy.shipper.model import RejectedFull
from proxy.shipper.rejected import Rejected


def test_a_range_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """There is no body to keep; which entries are gone is what can be said."""
    Rejected(tmp_path / "r", 10_000).keep_damage(
        "node", SegmentDamaged(7, 11, 14, "malformed")
    )

    line = json.loads((tmp_path / "r" / "unreadable.jsonl").read_text())
    assert line == {
        "node": "node",
        "epoch": 7,
        "first": 11,
        "last": 14,
        "reason": "malformed",
    }


def test_a_long_reason_is_cut(tmp_path: Path) -> None:
    """A store may answer with the whole statement."""
    Rejected(tmp_path / "r", 10_000).keep("t", "node", 7, [(Entry(1, b""), "x" * 9999)])

    assert len(json.loads((tmp_path / "r" / "t.jsonl").read_text())["reason"]) == 500


def test_the_bound_is_of_all_files_and_nothing_is_written_beyond(
    tmp_path: Path,
) -> None:
    """The message says what to do."""
    rejected = Rejected(tmp_path / "r", 300)
    rejected.keep("a", "node", 7, [(Entry(1, b"x" * 50), "no")])

    with pytest.raises(RejectedFull, match="move the files away"):
        rejected.keep("b", "node", 7, [(Entry(2, b"x" * 100), "no")])

    assert [p.name for p in (tmp_path / "r").iterdir()] == ["a.jsonl"]
