"""What a wire does when the recorder does not keep up, and for how long it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from proxy.tapgate import Release
from proxy.taplink import markers
from proxy.taplink.gates import LEAST_SHARE, Gates
from proxy.taplink.held import Held
from proxy.taplink.limits import GateLimits
from proxy.tapstream import LossReason, Missed
from tests.support.clocks import ManualClock
from tests.support.waiting import until_async

QUICK = GateLimits(deadline=0.05, connection=100_000, total=200_000)


class Told:
    """A link that keeps what it is to tell."""

    def __init__(self) -> None:
        self.full: list[int] = []
        self.missed: list[Missed] = []

    def hold_full(self, number: int) -> None:
        """Keep it."""
        self.full.append(number)

    def note(self, missed: Missed) -> None:
        """Keep it."""
        self.missed.append(missed)


class World:
    """Gates of one open and one closed application."""

    def __init__(self, directory: Path | None = None) -> None:
        self.link = Told()
        self.clock = ManualClock()
        closed = {"lax": False, "strict": True}
        self.gates = Gates(self.link, QUICK, closed, directory, 9, self.clock)
        self.shown: dict[int, bytes] = {}
        self.helds: dict[int, Held] = {}

    def connection(self, application: str = "lax") -> Held:
        """A new one; what it is shown is kept by its number."""
        number = len(self.helds) + 1
        self.shown[number] = b""
        held = self.gates.hold(application, number, self._waker(number))
        assert held is not None
        self.helds[number] = held
        return held

    def _waker(self, number: int) -> Callable[[], None]:
        def wake() -> None:
            self.shown[number] += self.helds[number].take()

        return wake

    def arrive(self, held: Held, data: bytes) -> None:
        """The server sends something."""
        self.shown[held.number] += held.arrived(data, self.clock.monotonic_ns())


async def test_open_gate_shows_a_page_once_its_marker_is_on_disk(
    tmp_path: Path,
) -> None:
    """And the connections that come meanwhile at once, as one gap."""
    world = World(tmp_path)
    first, second = world.connection(), world.connection()
    world.arrive(first, b"page")

    world.clock.advance(1)
    await until_async(lambda: world.shown[1], "the page is shown")
    world.arrive(second, b"other")

    (marker,) = markers.left_behind(tmp_path, ())
    assert list(marker.marks) == ["lax"]
    assert world.shown == {1: b"page", 2: b"other"}
    assert world.gates.status()["gates_open"] == ["lax"]
    world.gates.recovered()
    (gap,) = world.link.missed
    assert (gap.reason, gap.detail, gap.connections) == (
        LossReason.GATE_OPENED,
        "deadline",
        2,
    )
    world.gates.told()
    assert not markers.left_behind(tmp_path, ())
    second.asked(1)
    world.arrive(second, b"held")
    assert world.shown[2] == b"other"


async def test_disk_that_takes_no_marker_does_not_keep_an_open_gate_shut(
    tmp_path: Path,
) -> None:
    """That is what open means; it is counted."""
    (tmp_path / "file").touch()
    world = World(tmp_path / "file" / "open-gaps")
    held = world.connection()
    world.arrive(held, b"page")

    world.clock.advance(1)
    await until_async(lambda: world.shown[1], "the page is shown")

    assert world.gates.figures.gate_marker_failures == 1


async def test_closed_gate_ends_the_connection_and_says_so() -> None:
    """Without a marker: nothing went that was not recorded."""
    world = World()
    held = world.connection("strict")
    world.arrive(held, b"page")

    world.clock.advance(1)
    await until_async(lambda: held.refused, "it is refused")

    assert world.shown == {1: b""}
    assert world.gates.total == 0
    (gap,) = world.link.missed
    assert (gap.application, gap.reason) == ("strict", LossReason.GATE_CLOSED)


async def test_what_only_open_rules_may_claim_is_shown_by_a_closed_application() -> (
    None
):
    """A failure is the strictest rule's among those that are concerned."""
    world = World()
    held = world.connection("strict")
    held.asked(5)
    held.release(Release(0, 5, lenient=True))
    world.arrive(held, b"page")

    world.clock.advance(1)
    await until_async(lambda: world.shown[1], "the page is shown")

    assert not held.refused
    held.asked(1)
    world.arrive(held, b"next")
    assert world.shown[1] == b"page"


async def test_absent_recorder_owes_what_it_had_said_it_waits_for() -> None:
    """Nobody reads the rest of a page then."""
    world = World()
    held = world.connection("strict")
    world.arrive(held, b"page")
    held.release(Release(0, read=4, unfinished=True))
    assert not held.owed_ns

    world.gates.disconnected()
    world.clock.advance(1)

    await until_async(lambda: held.refused, "it is refused")


async def test_connection_that_nobody_observes_any_more_fails_at_once() -> None:
    """For good: nothing of it will be recorded."""
    world = World()
    lax, strict = world.connection(), world.connection("strict")
    world.arrive(lax, b"page")

    lax.failed("shed")
    strict.failed("shed")
    lax.asked(1)
    world.arrive(lax, b"next")

    assert world.shown[1] == b"pagenext"
    assert strict.refused


async def test_connections_that_hold_more_than_their_share_become_full() -> None:
    """So that what all hold is bounded; the small ones go on."""
    world = World()
    large, other, small = (world.connection() for _ in range(3))

    world.arrive(large, bytes(99_000))
    world.arrive(other, bytes(99_000))
    assert not world.link.full
    world.arrive(small, bytes(10_000))
    world.arrive(large, b"more")

    assert world.link.full == [large.number]
    assert LEAST_SHARE <= world.gates.most() < 100_000
    large.release(Release(99_004))
    world.helds[1].wake()
    assert not large.full


async def test_full_connection_is_read_again_when_others_have_gone() -> None:
    """It is woken, because nothing of its own need happen."""
    world = World()
    one, two, three = (world.connection() for _ in range(3))
    world.arrive(one, bytes(90_000))
    world.arrive(two, bytes(90_000))
    world.arrive(three, bytes(70_000))
    world.gates.connected()
    assert three.full
    assert set(world.link.full) == {three.number}

    one.drop()

    assert not three.full


def test_application_that_is_not_gated_is_not_held() -> None:
    """It pays nothing."""
    world = World()

    assert world.gates.hold("another", 1, lambda: None) is None
    assert not world.gates.gated("another")


async def test_application_that_ceases_to_be_gated_lets_go() -> None:
    """Rule sets change while connections are open."""
    world = World()
    held = world.connection("strict")
    world.arrive(held, b"page")

    world.gates.changed_to({"lax": True}, [held])

    assert world.shown[1] == b"page"
    assert world.gates.gated("lax")
    assert not world.gates.gated("strict")
