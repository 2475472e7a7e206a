"""When an anchor was away is remembered: once each, over a restart, bounded."""

from __future__ import annotations

from pathlib import Path

from proxy.sealing.anchoring import PAUSE_MOST, Anchoring
from proxy.sealing.outages import MOST, Outage, anchored, begun, ended, read
from proxy.sealing.shelf import Shelf
from tests.proxy.sealing.test_anchoring import Place, shelf_of
from tests.support.clocks import ManualClock
from tests.support.seals import sealed


async def test_an_outage_is_from_the_first_refusal_to_the_seal_it_took(
    tmp_path: Path,
) -> None:
    """Also when the sealer was started anew in between."""
    clock = ManualClock()
    shelf = shelf_of(tmp_path, 1)
    place = Place("away")
    place.away = True
    begun_ns = clock.wall_ns()
    anchoring = Anchoring([place], shelf, clock)
    for _ in range(3):
        await anchoring.round()
        clock.advance(PAUSE_MOST)
    (lasting,) = read(tmp_path)
    shelf.append(*sealed(2, 2, 2))
    place.away = False
    await Anchoring([place], Shelf(tmp_path), clock).round()

    (over,) = read(tmp_path)
    assert (lasting.from_ns, lasting.to_ns, lasting.seal) == (begun_ns, 0, 0)
    assert (over.anchor, over.why, over.seal) == ("away", "away: away", 2)
    assert (over.from_ns, over.to_ns) == (begun_ns, clock.wall_ns())
    assert list(anchored(tmp_path).values()) == [2]


def test_the_oldest_go_first() -> None:
    """And a reason is no place for a page of HTML."""
    seal, _ = sealed(1, 1, 1)
    known = [
        Outage(node=seal.node, anchor=f"a{n}", why="x", from_ns=n, to_ns=n + 1)
        for n in range(MOST)
    ]

    found = begun(known, seal, "new", "w" * 5_000, 9)

    assert found is not None
    assert len(found) == MOST
    assert (found[0].anchor, found[-1].anchor) == ("a1", "new")
    assert len(found[-1].why) == 200
    assert begun(found, seal, "new", "w", 10) is None
    assert ended(known, seal, "new", 10) is None


def test_a_file_that_is_none_counts_as_none(tmp_path: Path) -> None:
    """Nothing but what is told depends on it."""
    assert read(tmp_path / "gone") == []
    (tmp_path / "outages.json").write_bytes(b"\xff{")
    (tmp_path / "anchored.json").write_bytes(b"\xff{")

    assert read(tmp_path) == []
    assert anchored(tmp_path) == {}
