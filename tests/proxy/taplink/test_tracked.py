"""What one connection keeps, and what it sends again."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from proxy.taplink.backlog import Backlog
from proxy.taplink.gates import Gates
from proxy.taplink.limits import Counters, GateLimits, Limits
from proxy.taplink.tracked import Tracked
from proxy.tapstream import (
    HEADER,
    Ended,
    Kind,
    LossReason,
    Lost,
    Missed,
    Opened,
    Resumed,
)
from tests.support.clocks import ManualClock

OPENED = Opened(application="sonar", client=("192.0.2.1", 4711))


class Alone:
    """A link to nobody."""

    def __init__(self) -> None:
        self.backlog = Backlog()
        self.limits = Limits()
        self.counters = Counters()
        self.live = False
        self.last_ns = 0
        self.kept_bytes = 0
        self.gates = Gates(self, GateLimits(), {}, None, 1, ManualClock())
        self.settled: list[int] = []

    def wake(self) -> None:
        """Nobody listens."""

    def hold_full(self, number: int) -> None:
        """Nothing is held here."""

    def note(self, missed: Missed) -> None:
        """Nothing is held here."""

    def kept_too_much(self, connection: Tracked) -> None:
        """The bounds are not what is tested here."""

    def settle(self, connection: Tracked) -> None:
        """Note it."""
        self.settled.append(connection.number)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 50)), max_size=20),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_replay_holds_every_byte_from_the_last_boundary_on(
    reads: list[tuple[bool, int]], share_up: float, share_down: float
) -> None:
    """Whatever was committed: bytes above are sent again, contiguous per way."""
    link = Alone()
    tracked = Tracked(link, 1, OPENED, 1)
    seen = {True: b"", False: b""}
    for place, (up, size) in enumerate(reads):
        data = bytes([place]) * size
        seen[up] += data
        tracked.data(up, data, 2 + place)
    boundary = {
        True: int(len(seen[True]) * share_up),
        False: int(len(seen[False]) * share_down),
    }

    tracked.commit(boundary[True], boundary[False])
    opened, resumed, *frames = tracked.replay()

    assert HEADER.unpack(opened[1])[1] == Kind.OPEN
    assert Resumed(up=boundary[True], down=boundary[False]) == msgspec.msgpack.decode(
        resumed[2], type=Resumed
    )
    for up, kind in ((True, Kind.DATA_UP), (False, Kind.DATA_DOWN)):
        mine = [f for f in frames if HEADER.unpack(f[1])[1] == kind]
        again = b"".join(payload for _, _, payload in mine)
        assert seen[up].endswith(again)
        assert len(again) >= len(seen[up]) - boundary[up]
        if mine:
            assert len(seen[up]) - len(again) == HEADER.unpack(mine[0][1])[3]
    assert link.kept_bytes == tracked.kept


def test_everything_committed_and_ended_is_settled_once_each_way_round() -> None:
    """Commit then end, or end then commit."""
    link = Alone()
    first, second = Tracked(link, 1, OPENED, 1), Tracked(link, 2, OPENED, 1)
    first.data(True, b"abc", 2)
    second.data(True, b"abc", 2)

    first.commit(3, 0)
    first.end(Ended(up=3, down=0), 3)
    second.end(Ended(up=3, down=0), 3)
    second.commit(3, 0)

    assert link.settled == [1, 2]
    assert link.kept_bytes == 0


def test_second_end_and_data_after_a_loss_change_only_the_count() -> None:
    """A caller's slip must not make two ENDs."""
    link = Alone()
    tracked = Tracked(link, 1, OPENED, 1)
    tracked.lose(LossReason.OBSERVER_FAILED, 2)
    tracked.data(True, b"abc", 3)
    tracked.eof(True, 3)
    tracked.detach(3)
    tracked.end(Ended(up=3, down=0), 4)
    tracked.end(Ended(up=9, down=9), 5)

    kinds = [HEADER.unpack(header)[1] for _, header, _ in tracked.replay()]

    assert kinds == [Kind.OPEN, Kind.RESUME, Kind.LOST, Kind.END]
    assert 3 == tracked.up == link.counters.lost_bytes


def test_dropped_bytes_make_the_replay_a_loss_until_they_are_committed() -> None:
    """What cannot be sent again from a boundary is not sent at all."""
    link = Alone()
    tracked = Tracked(link, 1, OPENED, 1)
    tracked.data(False, b"large", 2)
    tracked.drop_kept()
    tracked.data(False, b"more", 3)
    tracked.drop_kept()
    assert link.kept_bytes == 0

    *_, last = tracked.replay()

    lost = msgspec.msgpack.decode(last[2], type=Lost)
    assert (lost.reason, lost.down, lost.since_ns) == (LossReason.UNREPLAYABLE, 0, 2)
    assert tracked.silent
