"""An export is found by halving, read once, and refused when it is none."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from proxy.errors import UsageError
from proxy.evidence.columns import columns
from proxy.verification.export import ExportSource, sealed_stretches
from tests.support.seals import run_of

NAMES = [column.name for column in columns("gaps")]


def export(directory: Path, rows: list[tuple[str, int, int]]) -> ExportSource:
    """Gaps of these identities."""
    (directory / "seals.jsonl").write_bytes(
        b"".join(msgspec.json.encode(s) + b"\n" for s in run_of((7, 1, 5), (8, 1, 3)))
    )
    lines = [[*identity, *("x" for _ in NAMES[3:])] for identity in rows]
    (directory / "gaps.jsonl").write_bytes(
        b"".join(msgspec.json.encode(each) + b"\n" for each in [NAMES, *lines])
    )
    return ExportSource(directory)


ROWS = [("a", 7, seq) for seq in range(1, 2001)] + [
    ("a", 8, seq) for seq in range(1, 30)
]


def seqs(data: bytes) -> list[int]:
    """Numbers of lines."""
    return [msgspec.json.decode(line)[2] for line in data.splitlines()]


def test_each_stretch_is_read_once(tmp_path: Path) -> None:
    """One after the other, to the end."""
    source = export(tmp_path, ROWS)

    stretches = [("a", 7, 1, 700), ("a", 7, 701, 2000), ("a", 8, 1, 10)]
    found = [b"".join(source.lines("gaps", *stretch)) for stretch in stretches]

    assert [seqs(each) for each in found] == [
        list(range(1, 701)),
        list(range(701, 2001)),
        list(range(1, 11)),
    ]
    (left,) = source.spans()
    assert left == ("gaps", "a", 8, 19, 11, 29)


def test_rows_are_counted_by_their_numbers(tmp_path: Path) -> None:
    """Both bounds belong to the range."""
    source = export(tmp_path, ROWS)

    assert source.count("gaps", "a", 7, 5, 10) == 6
    assert source.count("gaps", "a", 8, 1, 99) == 29
    assert source.count("gaps", "b", 7, 1, 99) == 0
    assert source.count("views", "a", 7, 1, 99) == 0


def test_what_a_stretch_leaves_out_comes_with_the_next(tmp_path: Path) -> None:
    """No row is passed over unseen."""
    source = export(tmp_path, ROWS)

    data = b"".join(source.lines("gaps", "a", 7, 101, 200))

    assert seqs(data) == list(range(1, 201))


def test_seals_are_given_by_node(tmp_path: Path) -> None:
    """As they stand."""
    source = export(tmp_path, [])

    assert source.nodes() == ["node"]
    assert len(list(source.seals("node"))) == 2
    assert sealed_stretches(source) == [("node", 7, 1, 5), ("node", 8, 1, 3)]
    assert list(source.lines("gaps", "node", 7, 1, 5)) == []
    assert source.spans() == []


def test_a_directory_that_is_no_export_is_refused(tmp_path: Path) -> None:
    """With what is missing."""
    with pytest.raises(UsageError, match=r"seals\.jsonl"):
        ExportSource(tmp_path)
    export(tmp_path, [])
    (tmp_path / "views.jsonl").write_bytes(b'["node","epoch","seq"]\n')
    with pytest.raises(UsageError, match=r"views.jsonl:1: .*subject"):
        ExportSource(tmp_path)
    (tmp_path / "views.jsonl").write_bytes(b"rubbish")
    with pytest.raises(UsageError, match=r"views\.jsonl:1"):
        ExportSource(tmp_path)


def test_a_line_that_is_no_seal_is_refused(tmp_path: Path) -> None:
    """With its number."""
    source = export(tmp_path, [])
    (tmp_path / "seals.jsonl").write_bytes(b"rubbish\n")

    with pytest.raises(UsageError, match=r"seals\.jsonl:1"):
        source.nodes()
