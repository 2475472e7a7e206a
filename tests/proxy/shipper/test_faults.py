"""The shipper on a disk that fails, at every single call in turn."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path

import pytest

from tests.support.faulty_files import Fault, Files, Killed, faulty_files
from tests.support.shipping import Line, mixed

ENTRIES = 30
STARTS = 4
"""More than there are kills."""
PLANS = [
    (Fault.FULL, 1),
    (Fault.FULL, 7),
    (Fault.IO_ERROR, 1),
    (Fault.SHORT, 1),
    (Fault.KILL, 1),
    (Fault.TORN, 1),
]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal to ship."""
    made = Line(tmp_path_factory.mktemp("recorded"))
    made.record(mixed(ENTRIES))
    return made.directory


def line(recorded: Path, directory: Path) -> Line:
    """Its copy, and a store that refuses every seventh of its rows."""
    shutil.copytree(recorded, directory)
    made = Line(directory, max_rows=10)
    made.store.refuses = lambda _, row: int(str(row[2])) % 7 == 0
    return made


def ship(under_way: Line, files: Files) -> None:
    """Ship everything, with another shipper whenever one was killed."""
    for _ in range(STARTS):
        try:
            under_way.ship_all(under_way.shipper())
        except Killed:
            files.mend()
        else:
            return
    raise AssertionError("no shipper came to an end")


def rejected(directory: Path) -> tuple[set[int], int]:
    """Entries that were kept with a reason, and lines that say nothing."""
    kept, torn = set(), 0
    for path in directory.glob("*.jsonl"):
        for each in path.read_bytes().splitlines():
            if not each:
                continue
            found = None
            with contextlib.suppress(ValueError):
                found = json.loads(each)
            torn += found is None
            kept |= {found["seq"]} if found else set()
    return kept, torn


@pytest.mark.parametrize(("fault", "lasting"), PLANS)
def test_every_entry_is_in_the_store_once_or_kept_with_its_reason(
    recorded: Path, tmp_path: Path, fault: Fault, lasting: int
) -> None:
    """Whatever befalls the cursor and what was rejected: nothing lost, nothing twice
    in the store, no token for two things. A line that was cut stands alone."""
    refused = set(range(7, ENTRIES + 1, 7))
    at, hit = 0, True
    while hit:
        at += 1
        under_way = line(recorded, tmp_path / f"{at}")
        with faulty_files(tmp_path / f"{at}") as files:
            files.plan(fault, at, lasting=lasting)
            ship(under_way, files)
            hit = files.hit

        stored = under_way.store.sequences()
        kept, torn = rejected(under_way.rejected)
        assert stored == sorted(set(range(1, ENTRIES + 1)) - refused), at
        assert under_way.store.reused_tokens == [], at
        assert kept == refused, at
        assert torn <= 1, at
        assert under_way.cursor.batch is None, at

    assert at > 30  # so many calls there were
