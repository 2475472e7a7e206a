"""Seals on disk: whole or not at all, appended to only."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from proxy.sealing.shelf import Shelf, ShelfDamaged
from tests.support.seals import sealed


def filled(directory: Path, number: int, per_file: int = 3) -> Shelf:
    """A shelf with so many seals."""
    shelf = Shelf(directory, per_file)
    previous = ""
    for n in range(1, number + 1):
        seal, kept = sealed(n, n, n, previous=previous)
        shelf.append(seal, kept)
        previous = kept.digest
    return shelf


def test_a_shelf_goes_on_where_it_ended(tmp_path: Path) -> None:
    """With the seal before, across files."""
    before = filled(tmp_path, 7).last

    shelf = Shelf(tmp_path, 3)

    assert shelf.last == before
    assert len(list(tmp_path.glob("*.jsonl"))) == 3
    assert len(list(shelf.signed())) == 7


def test_only_the_owner_reads_what_waits(tmp_path: Path) -> None:
    """Seeds are in it."""
    filled(tmp_path, 1)

    (waiting,) = (tmp_path / "waiting").iterdir()
    assert stat.S_IMODE(waiting.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "waiting").stat().st_mode) == 0o700


def test_what_the_store_has_is_forgotten_here(tmp_path: Path) -> None:
    """The seal stays, its seed goes."""
    shelf = filled(tmp_path, 3)

    (first, kept), *_ = shelf.waiting(10)
    shelf.stored(first)

    assert kept.seed
    assert [seal.number for seal, _ in shelf.waiting(10)] == [2, 3]
    assert [seal.number for seal, _ in shelf.waiting(1)] == [2]
    assert len(list(shelf.signed())) == 3
    assert kept.seed not in (tmp_path / "node-000000000001.jsonl").read_text()


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_torn_line_is_cut_off_at_start(tmp_path: Path, cut: int) -> None:
    """Nobody has seen that seal."""
    filled(tmp_path, 2)
    path = tmp_path / "node-000000000001.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])

    shelf = Shelf(tmp_path)
    seal, kept = sealed(2, 2, 2, previous=next(shelf.signed()).digest)
    shelf.append(seal, kept)

    assert path.read_bytes() == whole
    assert [each.number for each, _ in shelf.waiting(9)] == [1, 2]


def test_a_last_line_that_is_no_seal_is_for_a_person(tmp_path: Path) -> None:
    """A chain that began anew would hide what was done."""
    filled(tmp_path, 2)
    path = tmp_path / "node-000000000001.jsonl"
    path.write_bytes(path.read_bytes() + b"{}\n")

    with pytest.raises(ShelfDamaged, match=path.name):
        Shelf(tmp_path)


def test_a_disk_that_refuses_leaves_the_shelf_as_it_was(tmp_path: Path) -> None:
    """The same seal can be appended again."""
    shelf = filled(tmp_path, 2)
    seal, kept = sealed(3, 3, 3)
    path = tmp_path / "node-000000000001.jsonl"
    whole = path.read_bytes()
    path.rename(tmp_path / "away")
    path.mkdir()

    with pytest.raises(OSError, match="directory"):
        shelf.append(seal, kept)
    path.rmdir()
    (tmp_path / "away").rename(path)

    assert path.read_bytes() == whole
    assert [each.number for each, _ in shelf.waiting(9)] == [1, 2]
    shelf.append(seal, kept)
    assert shelf.last is not None
    assert shelf.last[0] == seal


def test_anchors_are_remembered(tmp_path: Path) -> None:
    """And a file that is no such thing costs an attempt more, no seal."""
    shelf = Shelf(tmp_path)
    shelf.note_anchored({"node there": 3})

    assert Shelf(tmp_path).anchored() == {"node there": 3}
    (tmp_path / "anchored.json").write_text("?")
    assert Shelf(tmp_path).anchored() == {}


def test_a_node_with_another_name_has_a_chain_of_its_own(tmp_path: Path) -> None:
    """Beside the old one."""
    shelf = filled(tmp_path, 2)
    seal, kept = sealed(1, 1, 1, epoch=9, node="renamed")
    shelf.append(seal, kept)

    assert Shelf(tmp_path).last == shelf.last
    assert len(shelf.waiting(9)) == 3
