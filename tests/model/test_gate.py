"""A wire's hold and a recorder's word, joined by queues that may lag at will.

Whatever is sent in whatever pieces, and however late either side hears of the
other: no byte of a gated response goes before its exchange is committed, every
byte goes in the end, in order, and nothing is owed for what passes freely.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from proxy.events import Event, ExchangeRecorded
from proxy.extraction.model import OnFailure
from proxy.recorder.assembly import Assembly
from proxy.recorder.gaps import Blindness
from proxy.recorder.source import Source
from proxy.tapgate import Release
from proxy.taplink.held import Held, Keeper
from proxy.tapstream import Frame
from tests.support.frames import Conversation, hello
from tests.support.pipelines import PlainPipeline

BODY = b"0123456789"
RESPONSES = {
    "sized": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + BODY,
    "chunked": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"a\r\n0123456789\r\n0\r\n\r\n"
    ),
    "refused": b"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno",
    "interim": (
        b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    ),
    "stream": (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    ),
}
TARGETS = ("/client/1", "/style.css")


class Open(Keeper):
    """No bound is reached, nothing fails."""

    opened = False

    @override
    def most(self) -> int:
        """More than is ever held."""
        return 1 << 30

    @override
    def changed(self, held: Held, size: int) -> None:
        """Nobody counts."""

    @override
    def filled(self, held: Held) -> None:
        """Never."""
        raise AssertionError("nothing becomes full here")

    @override
    def passed(self, held: Held) -> None:
        """Never."""
        raise AssertionError("nothing fails here")

    @override
    def lost(self, held: Held, reason: str) -> None:
        """Never."""
        raise AssertionError(reason)


class World:
    """One connection with everything around it."""

    def __init__(self, exchanges: list[tuple[str, str]]) -> None:
        self.held = Held(Open(), 1, lambda: None)
        self.shown = bytearray()
        self.frames: deque[Frame] = deque()
        self.words: deque[Release | int] = deque()
        self.uncommitted: deque[tuple[int, list[Event]]] = deque()
        self.committed = 0
        self.talk = Conversation()
        pipeline = PlainPipeline(OnFailure.CLOSED)
        self.assembly = Assembly({"sonar": pipeline}, self, wires=self)
        self.source = self.assembly.connected(hello())
        self.frames.append(self.talk.open())
        self.up = b""
        self.down = b""
        self.asked_until: list[int] = []
        self.secret: list[tuple[int, int]] = []
        """Where gated responses lie, and how many exchanges must be committed
        before they may be seen."""
        for number, (target, kind) in enumerate(exchanges):
            self.up += f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
            self.asked_until.append(len(self.up))
            response = RESPONSES[kind]
            if target == "/client/1" and kind in ("sized", "chunked", "interim"):
                start = len(self.down) + response.index(b"HTTP/1.1 200")
                self.secret.append((start, number + 1))
            self.down += response
        self.ends = []
        end = 0
        for _, kind in exchanges:
            end += len(RESPONSES[kind])
            self.ends.append(end)
        self.sent_up = self.sent_down = 0

    # What the assembly calls.

    def released(
        self,
        source: Source,
        number: int,
        covered: tuple[int, int] | None,
        events: Iterable[Event],
        sessions: object,
    ) -> None:
        """Waits to be committed."""
        del source, number, sessions
        assert covered is not None
        self.uncommitted.append((covered[1], list(events)))

    def settled(self, boot: int, number: int) -> None:
        """Never here."""

    def forget(
        self, source: Source, number: int, up: int, down: int, blindness: Blindness
    ) -> None:
        """Nothing is unreadable."""
        raise AssertionError(blindness.reason)

    def release(self, source: Source, number: int, release: Release) -> None:
        """Is on its way."""
        del source, number
        self.words.append(release)

    def refuse(self, source: Source, number: int, reason: str) -> None:
        """Nothing is refused."""
        raise AssertionError(reason)

    # What may happen next.

    def client(self, size: int) -> None:
        """A client asks for one thing after the other, or several ahead."""
        end = self.sent_up + size
        if size == WHOLE:
            end = next((at for at in self.asked_until if at > self.sent_up), end)
        data = self.up[self.sent_up : end]
        if data:
            self.frames.append(self.talk.data(True, data))
            self.held.asked(len(data))
            self.sent_up += len(data)

    def server(self, size: int) -> None:
        """A server answers what it was asked, as early as it may."""
        may = 0
        for asked, end in zip(self.asked_until, self.ends, strict=True):
            if asked <= self.sent_up:
                may = end
        upto = self.sent_down + size
        if size == WHOLE:
            upto = next((at for at in self.ends if at > self.sent_down), upto)
        data = self.down[self.sent_down : min(may, upto)]
        if data:
            self.frames.append(self.talk.data(False, data))
            self.sent_down += len(data)
            self.show(self.held.arrived(data, 1))

    def recorder(self, count: int) -> None:
        """It reads so many frames."""
        count = count or 1
        taken = [self.frames.popleft() for _ in range(min(count, len(self.frames)))]
        self.assembly.feed(self.source, taken)

    def commit(self, count: int) -> None:
        """So many exchanges are on disk."""
        count = count or 1
        for _ in range(min(count, len(self.uncommitted))):
            down, events = self.uncommitted.popleft()
            self.committed += sum(isinstance(e, ExchangeRecorded) for e in events)
            self.words.append(down)
            gate = self.source.connections[1].gate
            assert gate is not None
            gate.committed(down)
        self.assembly.gating.tell()

    def wire(self, count: int) -> None:
        """It hears so many words."""
        count = count or 1
        for _ in range(min(count, len(self.words))):
            word = self.words.popleft()
            if isinstance(word, int):
                self.held.committed(word)
            else:
                self.held.release(word)
            self.show(self.held.take())

    def show(self, data: bytes) -> None:
        """The client is shown something."""
        self.shown += data
        assert self.down.startswith(bytes(self.shown)), "in order, each byte once"
        for start, needed in self.secret:
            early = len(self.shown) > start and self.committed < needed
            assert not early, f"byte {start} before commit {needed}"

    @property
    def all_sent(self) -> bool:
        """Client and server have nothing more to say."""
        return (self.sent_up, self.sent_down) == (len(self.up), len(self.down))

    def settle(self) -> None:
        """Let everything happen that can."""
        while self.frames or self.words or self.uncommitted:
            self.recorder(1)
            self.commit(1)
            self.wire(1)


EXCHANGES = st.lists(
    st.tuples(st.sampled_from(TARGETS), st.sampled_from(sorted(RESPONSES))),
    min_size=1,
    max_size=4,
)
WHOLE = 0
"""To the end of the request or response under way."""
SIZES = (1, 5, 20, 200, WHOLE, WHOLE)


def run(world: World, seed: int, parts: tuple[str, ...]) -> None:
    """Let these parts act in any order until everything was sent, and a little on."""
    chance = random.Random(seed)
    weights = [chance.choice((1, 3, 10)) for _ in parts]
    turns = 0
    while turns < 20 or not world.all_sent:
        (part,) = chance.choices(parts, weights)
        getattr(world, part)(chance.choice(SIZES))
        turns += world.all_sent


@settings(max_examples=300, deadline=None)
@given(EXCHANGES, st.integers(0, 1 << 32))
def test_no_gated_byte_goes_before_its_commit_and_every_byte_goes(
    exchanges: list[tuple[str, str]], seed: int
) -> None:
    """Pipelining, any pieces, any lag between the two processes."""
    world = World(exchanges)

    run(world, seed, ("client", "server", "recorder", "commit", "wire"))
    world.settle()

    assert bytes(world.shown) == world.down
    assert (world.held.size, world.held.owed_ns) == (0, 0)
    assert world.committed == len(exchanges)


@settings(max_examples=150, deadline=None)
@given(EXCHANGES, st.integers(0, 1 << 32))
def test_what_no_gated_rule_may_claim_needs_no_commit(
    exchanges: list[tuple[str, str]], seed: int
) -> None:
    """With commits that never come: everything before the first gated response."""
    world = World(exchanges)

    run(world, seed, ("client", "server", "recorder", "wire"))
    while world.frames or world.words:
        world.recorder(1)
        world.wire(1)

    first = min((start for start, _ in world.secret), default=len(world.down))
    interim = RESPONSES["interim"].index(b"HTTP/1.1 200")
    assert first - interim <= len(world.shown) <= first
