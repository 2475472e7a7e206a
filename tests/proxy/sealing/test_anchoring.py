"""The newest seal is anchored everywhere, or it is said where it is not."""

from __future__ import annotations

from pathlib import Path

from proxy.evidence.seal import Seal, Signed
from proxy.sealing.anchoring import PAUSE_MOST, Anchoring
from proxy.sealing.anchors import AnchorFailed
from proxy.sealing.shelf import Shelf
from tests.support.clocks import ManualClock
from tests.support.seals import sealed


class Place:
    """An anchor that keeps numbers, and fails when told to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.numbers: list[int] = []
        self.attempts = 0
        self.away = False

    async def put(self, seal: Seal, signed: Signed) -> None:
        """See ``Anchor``."""
        self.attempts += 1
        if self.away:
            raise AnchorFailed(f"{self.name}: away")
        self.numbers.append(seal.number)


def shelf_of(directory: Path, *numbers: int) -> Shelf:
    """Seals of these numbers."""
    shelf = Shelf(directory)
    for number in numbers:
        shelf.append(*sealed(number, number, number))
    return shelf


async def test_each_seal_is_anchored_once_a_place(tmp_path: Path) -> None:
    """Also after a start anew."""
    clock = ManualClock()
    shelf = shelf_of(tmp_path, 1)
    places = [Place("a"), Place("b")]
    anchoring = Anchoring(places, shelf, clock)

    await anchoring.round()
    await anchoring.round()
    shelf.append(*sealed(2, 2, 2))
    await anchoring.round()
    await Anchoring(places, Shelf(tmp_path), clock).round()

    assert [each.numbers for each in places] == [[1, 2], [1, 2]]
    assert anchoring.failing == {}


async def test_a_place_that_is_away_is_told_and_gets_the_newest_later(
    tmp_path: Path,
) -> None:
    """It stops no other, and no backlog builds up."""
    clock = ManualClock()
    shelf = shelf_of(tmp_path, 1)
    away, there = Place("away"), Place("there")
    away.away = True
    anchoring = Anchoring([away, there], shelf, clock)

    for number in range(2, 6):
        await anchoring.round()
        shelf.append(*sealed(number, number, number))
    assert anchoring.failing == {"away": "away: away"}
    away.away = False
    clock.advance(PAUSE_MOST)
    await anchoring.round()

    assert away.numbers == [5]
    assert there.numbers == [1, 2, 3, 4, 5]
    assert anchoring.failing == {}


async def test_attempts_become_rare(tmp_path: Path) -> None:
    """A place that is away for an hour is tried about once a minute."""
    clock = ManualClock()
    place = Place("away")
    place.away = True
    anchoring = Anchoring([place], shelf_of(tmp_path, 1), clock)

    for _ in range(3600):
        await anchoring.round()
        clock.advance(1)

    assert 60 <= place.attempts <= 70
    assert anchoring.failures == place.attempts


async def test_without_a_seal_there_is_nothing_to_anchor(tmp_path: Path) -> None:
    """Nobody is asked."""
    place = Place("a")

    await Anchoring([place], Shelf(tmp_path), ManualClock()).round()

    assert place.attempts == 0
