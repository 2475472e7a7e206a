"""What a recorder tells of a gated connection, and what it records of a large one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from proxy.events import GapKind
from proxy.extraction.model import OnFailure
from proxy.recorder.assembly import Assembly
from proxy.recorder.source import Source
from proxy.tapgate import EVERYTHING, Release
from proxy.tapstream import Frame, Kind, LossReason
from tests.support.frames import RESPONSE, Collected, Conversation, account, hello
from tests.support.frames import request as asked
from tests.support.pipelines import PlainPipeline

LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


class Wires:
    """Keeps the word."""

    def __init__(self) -> None:
        self.releases: list[Release] = []
        self.refused: list[str] = []

    def release(self, source: Any, number: int, release: Release) -> None:
        """Keep it."""
        del source, number
        self.releases.append(release)

    def refuse(self, source: Any, number: int, reason: str) -> None:
        """Keep it."""
        del source, number
        self.refused.append(reason)


class World:
    """One connection of a gated application."""

    def __init__(self, gated: OnFailure | None = OnFailure.OPEN) -> None:
        self.wires = Wires()
        self.output = Collected()
        self.pipeline = PlainPipeline(gated)
        self.assembly = Assembly(
            {"sonar": self.pipeline}, self.output, wires=self.wires
        )
        self.source: Source = self.assembly.connected(hello())
        self.talk = Conversation()
        self.feed(self.talk.open())

    def feed(self, *frames: Frame) -> None:
        """Frames of the wire."""
        self.assembly.feed(self.source, frames)

    def up(self, target: str) -> None:
        """A request."""
        self.feed(self.talk.data(True, asked(target)))

    def down(self, data: bytes) -> None:
        """Some of a response."""
        self.feed(self.talk.data(False, data))

    def full(self) -> None:
        """The wire can hold no more."""
        self.feed(self.talk.frame(Kind.HOLD_FULL, 0, 3, b""))

    def commit(self) -> None:
        """Everything that was handed on."""
        _, down = self.output.progress[1, 1] or (0, 0)
        gate = self.source.connections[1].gate
        assert gate is not None
        gate.committed(down)
        self.assembly.gating.tell()


def test_page_of_a_gated_rule_costs_no_word_of_its_own() -> None:
    """The wire learns from COMMITTED what is on disk."""
    world = World()

    world.up("/client/1")
    world.down(RESPONSE)
    world.commit()

    assert world.wires.releases == []
    assert world.output.paths() == ["/client/1"]


def test_other_page_passes_from_its_request_on_with_one_word() -> None:
    """Until the client asks for something else."""
    world = World()

    world.up("/style.css")
    world.down(RESPONSE)

    (word,) = world.wires.releases
    assert (word.passes, word.up) == (True, world.talk.up)


def test_slow_page_is_told_late_and_only_if_it_is_still_slow() -> None:
    """Almost every one has ended by then."""
    world = World()
    world.up("/client/1")
    world.down(LARGE)
    assert world.wires.releases == []

    world.assembly.gating.tell_late()
    (word,) = world.wires.releases
    world.down(bytes(1000))
    world.assembly.gating.tell_late()

    assert (word.unfinished, word.read) == (True, len(LARGE))
    assert len(world.wires.releases) == 1


@given(st.integers(1, 999), st.booleans(), st.booleans())
def test_page_too_large_to_hold_is_recorded_from_its_beginning_to_the_byte(
    held: int, cut: bool, again: bool
) -> None:
    """Seen = exchanges + gaps, whether it ends or is cut; it is recorded once."""
    world = World()
    world.up("/client/1")
    world.down(LARGE + bytes(held))

    world.full()
    if again:
        world.full()
    early = list(world.output.paths())
    before = [word.offset for word in world.wires.releases]
    world.commit()
    if not cut:
        world.down(bytes(1000 - held))
        world.up("/b")
        world.down(RESPONSE)
    world.feed(world.talk.end())

    assert early == ["/client/1"]
    assert all(offset == 0 for offset in before)
    assert world.wires.releases[-1].offset >= len(LARGE) + held
    assert world.output.paths() == ["/client/1"] + ["/b"] * (not cut)
    assert account(world.output.events, 1, 1) == (world.talk.up, world.talk.down)
    assert {gap.kind for gap in world.output.gaps()} <= {GapKind.TRUNCATED}


def test_full_hold_of_a_page_whose_request_is_not_whole_waits() -> None:
    """What was asked is not known yet; the wire's deadline decides."""
    world = World()
    head = b"POST /client/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
    world.feed(world.talk.data(True, head))
    world.down(LARGE)

    world.full()

    assert world.output.paths() == []


def test_connection_that_is_not_read_passes_or_is_refused() -> None:
    """A page of a closed rule might hide in it; an agreed upgrade is no such thing."""
    lost, strict, agreed = (
        World(),
        World(OnFailure.CLOSED),
        World(OnFailure.CLOSED),
    )

    lost.feed(lost.talk.lost(LossReason.SHED))
    strict.feed(strict.talk.lost(LossReason.SHED))
    agreed.feed(agreed.talk.lost(LossReason.INTENDED))

    assert [word.offset for word in lost.wires.releases] == [EVERYTHING]
    assert strict.wires.refused == ["shed"]
    assert [word.offset for word in agreed.wires.releases] == [EVERYTHING]
    assert not lost.wires.refused + agreed.wires.refused


def test_page_that_is_not_on_disk_blocks_also_after_its_wire_came_again() -> None:
    """The same recorder, another stream: its commit is still under way."""
    world = World()
    world.up("/client/1")
    world.down(RESPONSE)

    source = world.assembly.connected(hello())
    down = len(RESPONSE)
    world.feed(world.talk.open(), world.talk.resume(0, 0))
    world.feed(world.talk.data(True, asked("/style.css")))
    early = [word for word in world.wires.releases if word.passes or word.offset]
    world.commit()

    assert source is world.source
    assert early == []
    assert world.wires.releases[-1].passes or world.wires.releases[-1].offset >= down


def test_rule_set_that_ceases_to_gate_ends_the_gate_of_open_connections() -> None:
    """And one that begins to makes one."""
    world = World(None)
    connection = world.source.connections[1]
    before = connection.gate

    world.pipeline.gated = OnFailure.OPEN
    world.assembly.gating.again([connection])
    begun = connection.gate
    world.pipeline.gated = None
    world.assembly.gating.again([connection])

    assert begun is not None
    assert (before, connection.gate) == (None, None)
