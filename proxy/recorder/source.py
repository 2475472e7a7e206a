"""The wires as the recorder knows them; pure."""

from __future__ import annotations

from enum import Enum, auto

from proxy.recorder.connection import Connection
from proxy.tapstream import Hello

WIRE = -1
"""Stands for the wire itself where the journal keeps progress by connection: its
``up`` is ``Source.told_ns``. Numbers of connections begin at 1; 0 is the serial of
the last MISSED."""


class State(Enum):
    """Where a wire is in its life."""

    EXPECTED = auto()
    """The journal knows it; it has not connected to this recorder."""
    REPLAYING = auto()
    """Connected; what it kept is still arriving."""
    LIVE = auto()
    DETACHED = auto()
    """Its stream broke, its grace runs."""
    GONE = auto()


class Source:
    """A wire: its clock, its watermark, its connections."""

    __slots__ = (
        "boot",
        "bye",
        "connections",
        "done",
        "hello",
        "missed_ns",
        "stale",
        "state",
        "streams",
        "told_ns",
        "wall_ns",
        "watermark_ns",
    )

    def __init__(self, boot: int, state: State) -> None:
        self.boot = boot
        self.state = state
        self.hello: Hello | None = None
        self.wall_ns = 0
        """Added to monotonic time gives the wall clock."""
        self.watermark_ns = 0
        self.told_ns = 0
        """Everything it saw until this wall clock was handed to the committer; 0:
        nobody knows. What it saw later may die with it."""
        self.missed_ns = 0
        """Wall clock when its stream broke off; 0: never, or in order."""
        self.bye = False
        self.stale: set[int] = set()
        """Connections its present stream has not spoken of."""
        self.streams = 0
        """How often it connected to this recorder."""
        self.connections: dict[int, Connection] = {}
        """Until SETTLED, so ended ones too."""
        self.done: dict[int, tuple[int, int]] = {}
        """Bytes covered by events of this recorder or an earlier one; 0 is the
        serial of the last MISSED."""

    def owed_ns(self, now_ns: int) -> int:
        """Wall clock from which on what it saw dies with it, were both to die now:
        what it says hello with is still to be sent."""
        owed_ns = self.hello.owed_ns if self.hello else 0
        return owed_ns + self.wall_ns if owed_ns else now_ns

    def tell(self) -> int:
        """Look how far it has told, and return ``told_ns``.

        A connection in the middle of something counts as of the last look that
        found it at rest: to look once a second costs less than to note each frame.
        """
        if self.state is State.LIVE:
            told_ns = self.watermark_ns
            for connection in self.connections.values():
                if connection.at_rest:
                    connection.rested_ns = self.watermark_ns
                else:
                    told_ns = min(told_ns, connection.rested_ns)
            self.told_ns = max(self.told_ns, told_ns + self.wall_ns)
        return self.told_ns

    @property
    def open(self) -> int:
        """Connections that have not ended."""
        return sum(not c.ended for c in self.connections.values())


class Sources(dict[int, Source]):
    """The wires that count, by boot id, and the time they have reached together."""

    def __init__(self) -> None:
        super().__init__()
        self.high_ns = 0
        """Highest time any wire has told."""

    def low_ns(self) -> int:
        """Every wire has told everything until here."""
        low_ns = -1
        for source in self.values():
            if low_ns < 0 or source.watermark_ns < low_ns:
                low_ns = source.watermark_ns
        return low_ns if low_ns >= 0 else self.high_ns

    def tell(self) -> dict[int, int]:
        """How far each has told that is there and has not said goodbye."""
        return {
            boot: source.tell()
            for boot, source in self.items()
            if source.state is State.LIVE and not source.bye
        }

    @property
    def patient(self) -> bool:
        """Some wire is expected or still replaying: its past may matter."""
        return any(s.state in (State.EXPECTED, State.REPLAYING) for s in self.values())
