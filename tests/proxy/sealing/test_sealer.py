"""The sealer: everything once, in one chain, whatever happens between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.clock import SystemClock
from proxy.evidence.chain import chain
from proxy.evidence.seal import Seal, read
from proxy.journal import JournalReader
from proxy.journal import Limits as JournalLimits
from proxy.journal.cursor import CURSOR, SEALED, Cursor, load, save
from proxy.sealing.sealer import Limits, Sealer
from proxy.sealing.shelf import Shelf
from tests.support.sealing import Sealing, keys, sealing
from tests.support.seals import KEY, OTHER_KEY
from tests.support.shipping import mixed
from tests.support.waiting import until


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Sealing]:
    """A journal and its sealer; at most ten entries a seal, read by four."""
    with sealing(tmp_path, limits=Limits(entries=10, read=4)) as line:
        yield line


def seals(line: Sealing) -> list[Seal]:
    """What is on the shelf; the chain is right."""
    kept = [sealed for _, sealed in line.shelf.waiting(1000)]
    found = chain("node", kept, keys(line.key))
    assert found.findings == []
    return [read(each.body) for each in line.shelf.signed()]


def spans(line: Sealing) -> list[tuple[int, int]]:
    """First and last of each seal."""
    return [(seal.first, seal.last) for seal in seals(line)]


def test_every_entry_is_in_one_seal(line: Sealing) -> None:
    """Periods of any size; more than a seal holds makes several."""
    for number in (3, 25, 1):
        line.record(mixed(number))
        line.sealer.period()

    assert spans(line) == [(1, 3), (4, 13), (14, 23), (24, 28), (29, 29)]


def test_an_empty_period_is_sealed_too(line: Sealing) -> None:
    """That nothing happened is evidence."""
    line.record(mixed(3))

    made = [line.sealer.period() for _ in range(3)]

    assert made == [1, 1, 1]
    assert spans(line) == [(1, 3), (4, 3), (4, 3)]


def test_nothing_is_sealed_before_there_is_a_journal(tmp_path: Path) -> None:
    """A sealer may be the first to start."""
    sealer = Sealer(
        JournalReader(tmp_path / "none"),
        Shelf(tmp_path / "seals"),
        KEY,
        SystemClock(),
        tmp_path / SEALED,
    )

    assert sealer.period() == 0


def test_a_sealer_that_starts_again_goes_on_with_the_chain(line: Sealing) -> None:
    """The seal before is all it needs."""
    line.record(mixed(5))
    line.sealer.period()
    line.record(mixed(5))

    again = Sealer(
        JournalReader(line.directory / "journal"),
        Shelf(line.directory / "seals"),
        line.key,
        SystemClock(),
        line.directory / "journal" / SEALED,
    )
    again.period()

    assert spans(line) == [(1, 5), (6, 10)]


def test_a_new_epoch_goes_on_in_the_same_chain(tmp_path: Path) -> None:
    """The rest of the old one is sealed first."""
    limits = JournalLimits(segment_entries=3)
    with sealing(tmp_path, journal_limits=limits) as line:
        line.record(mixed(3))
        line.sealer.period()
        line.record(mixed(3))
        line.record(mixed(1))
        first = line.journal.epoch
        key = line.key
    # The newest segment cannot be trusted, so the journal begins a fresh epoch.
    max((tmp_path / "journal").glob("*.journal")).write_bytes(b"rubbish")
    with sealing(tmp_path, key=key) as line:
        line.record(mixed(4))
        line.sealer.period()

        found = [(each.epoch == first, each.first, each.last) for each in seals(line)]

    assert found == [(True, 1, 3), (True, 4, 6), (False, 1, 4)]


def test_the_mark_says_what_is_sealed(line: Sealing) -> None:
    """The journal unlinks no more than that."""
    line.record(mixed(5))
    line.sealer.period()

    mark = load(line.directory / "journal" / SEALED)

    assert mark is not None
    assert (mark.epoch, mark.counted) == (line.journal.epoch, 5)


def test_entries_that_cannot_be_read_are_named_absent(tmp_path: Path) -> None:
    """The seal says so, and goes on."""
    with sealing(tmp_path) as line:
        line.record([*mixed(3), b"rubbish", *mixed(2)])
        line.sealer.period()

        (seal,) = seals(line)

    assert seal.absent == ((4, 4),)
    assert (seal.first, seal.last) == (1, 6)
    assert line.sealer.absent == 1


def test_a_full_journal_goes_on_without_seals(tmp_path: Path) -> None:
    """And what was unlinked unsealed is absent from the next seal."""
    limits = JournalLimits(
        segment_entries=50, segment_bytes=20_000, total_bytes=260_000, upkeep_seconds=60
    )
    with sealing(tmp_path, journal_limits=limits) as line:
        line.record(mixed(10))
        line.sealer.period()
        for _ in range(40):
            epoch, last = line.journal.epoch, line.journal.last_seq
            save(
                tmp_path / "journal" / CURSOR,
                Cursor(epoch=epoch, shipped=last, counted=last),
            )
            line.record(mixed(50))
        line.sealer.period()

        sealed = seals(line)

    assert line.journal.unlinked
    assert sealed[1].absent
    assert sealed[1].last == 2010


def test_segments_are_kept_until_they_are_sealed(tmp_path: Path) -> None:
    """Counted in the store is not enough, as long as there is room."""
    limits = JournalLimits(segment_entries=20, upkeep_seconds=0.02)
    with sealing(tmp_path, journal_limits=limits) as line:
        line.record(mixed(5))
        line.sealer.period()
        for _ in range(5):
            line.record(mixed(20))
        last = line.journal.last_seq
        save(
            tmp_path / "journal" / CURSOR,
            Cursor(epoch=line.journal.epoch, shipped=last, counted=last),
        )
        line.record(mixed(1))
        kept = line.journal.unlinked

        line.sealer.period()

        until(lambda: line.journal.unlinked >= 4, "sealed segments are unlinked")
        assert kept == 0
        assert [seal.absent for seal in seals(line)] == [(), ()]


def test_a_key_is_rotated_within_the_chain(tmp_path: Path) -> None:
    """Both public keys, in the order of their use, verify all of it."""
    with sealing(tmp_path, key=KEY) as line:
        line.record(mixed(3))
        line.sealer.period()
    with sealing(tmp_path, key=OTHER_KEY) as line:
        line.record(mixed(2))
        line.sealer.period()
        kept = [sealed for _, sealed in line.shelf.waiting(9)]

    right = chain("node", kept, keys(KEY, OTHER_KEY))
    wrong = chain("node", kept, keys(OTHER_KEY, KEY))
    old_only = chain("node", kept, keys(KEY))

    assert right.findings == []
    assert [seal.last for seal, _ in right.seals] == [3, 5]
    assert [each.seal for each in wrong.findings] == [2]
    assert [each.seal for each in old_only.findings] == [2]
