"""From steps to events: wires that run ahead of each other, recorders that die.

The frames go through the recorder's own ``Assembly`` and the real pipeline. A
restart keeps what a journal would have kept (sessions, progress) and has every
wire send again what was not covered, as the tap link does.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from proxy.attribution.sessions import Sessions
from proxy.document import Problems
from proxy.events import Event, ExchangeRecorded
from proxy.pipeline import Keys, Pipeline
from proxy.recorder.assembly import Assembly
from proxy.recorder.gaps import Blindness
from proxy.recorder.source import Source
from proxy.ruleset import RuleSet, load
from proxy.tapstream import Ended, Frame, Kind, Opened, Resumed
from tests.model.office import WIRES, Line, Step
from tests.model.styles import RECORDS, STYLES
from tests.support.frames import encode, hello

KEYS = Keys(session=b"s" * 32, subject=b"v" * 32, subject_key_id=1)


def rulesets() -> dict[str, RuleSet]:
    """One rule set per style."""
    found = {}
    for style in STYLES:
        text = f"application: {style.__name__}\n{style.rules}{RECORDS}"
        rules = load(text.encode(), style.__name__)
        assert not isinstance(rules, Problems), str(rules)
        found[style.__name__] = rules
    return found


@dataclass(slots=True)
class Wire:
    """What one wire has to send, in order of time, and how far it is."""

    number: int
    frames: list[Frame]
    sent: int = 0


Place = tuple[int, int, int]
"""Wire, connection and offset: the identity of an exchange."""


def wires(
    steps: Iterable[Step], numbers: Sequence[int] = range(WIRES)
) -> tuple[list[Wire], dict[Place, Step]]:
    """The frames of these wires, and each step by its exchange's identity."""
    frames: dict[int, list[Frame]] = {number: [] for number in numbers}
    at: dict[Line, tuple[int, int]] = {}
    identity: dict[Place, Step] = {}
    last: dict[Line, int] = {}
    for step in steps:
        line = step.line
        mine = frames[line.wire]
        if line not in at:
            opened = Opened(application=line.application, client=(line.address, 1))
            mine.append(Frame(Kind.OPEN, line.number, 0, step.at - 1, encode(opened)))
        up, down = at.get(line, (0, 0))
        identity[line.wire + 1, line.number, up] = step
        said = step.said
        mine.append(Frame(Kind.DATA_UP, line.number, up, step.at, said.request))
        half = len(said.response) // 2
        for start, part, when in (
            (down, said.response[:half], step.answered_at),
            (down + half, said.response[half:], step.ends),
        ):
            mine.append(Frame(Kind.DATA_DOWN, line.number, start, when, part))
        at[line] = (up + len(said.request), down + len(said.response))
        last[line] = step.ends
    for line, (up, down) in at.items():
        ended = Ended(up=up, down=down)
        when = last[line] + 1
        frames[line.wire].append(Frame(Kind.END, line.number, up, when, encode(ended)))
    for mine in frames.values():
        mine.sort(key=lambda frame: frame.time_ns)
    return [Wire(number, mine) for number, mine in frames.items()], identity


@dataclass
class Journal:
    """``deciding.Output`` that keeps what a journal keeps."""

    events: list[Event] = field(default_factory=list)
    sessions: dict[bytes, bytes] = field(default_factory=dict)
    progress: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def released(
        self,
        source: Source,
        number: int,
        covered: tuple[int, int] | None,
        events: Iterable[Event],
        sessions: Iterable[tuple[bytes, bytes | None]],
    ) -> None:
        """One transaction."""
        self.events += events
        for key, blob in sessions:
            if blob is None:
                self.sessions.pop(key, None)
            else:
                self.sessions[key] = blob
        if covered is not None:
            self.progress[source.boot, number] = covered

    def settled(self, boot: int, number: int) -> None:
        """The wire forgot the connection."""

    def forget(
        self, source: Source, number: int, up: int, down: int, blindness: Blindness
    ) -> None:
        """No connection of the model is opaque."""
        raise AssertionError(f"connection {number} went blind: {blindness.detail}")


class Recording:
    """A recorder and its successors over the same journal."""

    def __init__(
        self,
        rules: dict[str, RuleSet],
        sending: list[Wire],
        identity: dict[Place, Step],
        wall_minus_monotonic_ns: int = 0,
    ) -> None:
        self._wall = wall_minus_monotonic_ns
        self.journal = Journal()
        self._conversations: dict[tuple[int, int], list[tuple[int, Step]]] = {}
        for (boot, number, up), step in identity.items():
            self._conversations.setdefault((boot, number), []).append((up, step))
        self._rules = rules
        self._wires = sending
        self._start()

    def _start(self) -> None:
        sessions = Sessions()
        sessions.load(self.journal.sessions.items(), self._wall)
        pipelines = {n: Pipeline(r, sessions, KEYS) for n, r in self._rules.items()}
        self.assembly = Assembly(
            pipelines, self.journal, progress=dict(self.journal.progress)
        )
        self.sources = {
            wire.number: self.assembly.connected(
                msgspec.structs.replace(
                    hello(wire.number + 1), wall_minus_monotonic_ns=self._wall
                )
            )
            for wire in self._wires
        }

    def send(self, wire: Wire, count: int) -> None:
        """The wire's next frames."""
        frames = wire.frames[wire.sent : wire.sent + count]
        wire.sent += len(frames)
        self.assembly.feed(self.sources[wire.number], frames)

    def begin(self) -> None:
        """A first recorder waits for no replay."""
        for source in self.sources.values():
            self.assembly.caught_up(source)

    def restart(self) -> None:
        """The recorder dies; the next one gets what is not covered again."""
        self._forget_handshakes()
        self._start()
        for wire in self._wires:
            self.assembly.feed(self.sources[wire.number], self._kept(wire))
        self.begin()

    def _forget_handshakes(self) -> None:
        """An NTLM challenge that was committed and not yet answered dies with the
        recorder: what the answer names cannot be known, to the next handshake."""
        for place, (covered, _) in self.journal.progress.items():
            after = [step for up, step in self._conversations[place] if up >= covered]
            if not after or not after[0].said.answers_challenge:
                continue
            for step in after:
                if step.said.offers:
                    break
                step.said.knowable = False

    def _kept(self, wire: Wire) -> list[Frame]:
        boot = wire.number + 1
        progress = self.journal.progress
        again: list[Frame] = []
        for frame in wire.frames[: wire.sent]:
            up, down = progress.get((boot, frame.connection), (0, 0))
            if frame.kind == Kind.OPEN:
                resumed = encode(Resumed(up=up, down=down))
                again += [
                    frame,
                    Frame(Kind.RESUME, frame.connection, up, frame.time_ns, resumed),
                ]
            elif frame.kind == Kind.DATA_UP:
                if frame.offset >= up:
                    again.append(frame)
            elif frame.kind == Kind.DATA_DOWN:
                if frame.offset >= down:
                    again.append(frame)
            else:
                again.append(frame)
        return again


def deliver(
    steps: list[Step], rules: dict[str, RuleSet], rng: random.Random, restarts: int
) -> tuple[list[ExchangeRecorded], dict[Place, Step]]:
    """Send everything, wires in any order, with so many deaths of the recorder.

    Gives the exchanges recorded, and each step by its exchange's identity.
    """
    sending, identity = wires(steps)
    events = record(Recording(rules, sending, identity), sending, rng, restarts)
    return [each for each in events if isinstance(each, ExchangeRecorded)], identity


def record(
    recording: Recording, sending: list[Wire], rng: random.Random, restarts: int
) -> list[Event]:
    """Everything that was recorded, in the order of the journal."""
    recording.begin()
    total = sum(len(wire.frames) for wire in sending)
    deaths = sorted(rng.randrange(total) for _ in range(restarts))
    sent = 0
    while left := [wire for wire in sending if wire.sent < len(wire.frames)]:
        # A wire may run ahead, yet not by more than the recorder waits for.
        wire = min(left, key=lambda each: each.frames[each.sent].time_ns)
        if len(left) > 1 and rng.random() < 0.5:
            other = next(each for each in left if each is not wire)
            ahead = other.frames[other.sent].time_ns - wire.frames[wire.sent].time_ns
            wire = other if ahead < 100_000_000 else wire
        count = rng.randrange(1, 6)
        recording.send(wire, count)
        sent += count
        if deaths and sent > deaths[0]:
            deaths.pop(0)
            recording.restart()
    recording.assembly.decisions.drain()
    return recording.journal.events
