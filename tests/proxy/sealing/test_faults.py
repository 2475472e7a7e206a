"""The seals on a disk that fails, at every single call in turn."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from proxy.evidence.seal import read
from proxy.sealing.shelf import Shelf
from tests.support.faulty_files import Fault, Killed, faulty_files
from tests.support.seals import sealed

SEALS = 3
TRIES = 12
"""More than a fault lasts."""


def fill(directory: Path) -> None:
    """Go on until there are ``SEALS``, trying each again."""
    shelf = Shelf(directory, per_file=2)
    for _ in range(TRIES):
        number, previous = 1, ""
        if shelf.last is not None:
            number, previous = shelf.last[0].number + 1, shelf.last[1].digest
        if number > SEALS:
            return
        with contextlib.suppress(OSError):
            shelf.append(*sealed(number, number, number, previous=previous))


@pytest.mark.parametrize(
    ("fault", "lasting"),
    [(fault, 1) for fault in Fault] + [(Fault.FULL, 4), (Fault.IO_ERROR, 4)],
)
def test_each_seal_is_there_once_and_in_order(
    tmp_path: Path, fault: Fault, lasting: int
) -> None:
    """Tried again by the same sealer, or gone on with by the next one."""
    at, hit = 0, True
    while hit:
        at += 1
        directory = tmp_path / f"{at}"
        with faulty_files(directory) as files:
            files.plan(fault, at, lasting=lasting)
            try:
                fill(directory)
            except Killed:
                files.mend()
                fill(directory)
            hit = files.hit

        shelf = Shelf(directory)
        numbers = [read(each.body).number for each in shelf.signed()]
        assert numbers == list(range(1, SEALS + 1)), at
        assert [seal.number for seal, _ in shelf.waiting(9)] == numbers, at

    assert at > 20
