"""Frames that wait for the socket."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from proxy.taplink.backlog import Backlog
from proxy.taplink.limits import FRAME_COST
from proxy.tapstream import Frame, FrameDecoder, Kind, Lost, pack_header

_entries = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from([Kind.DATA_UP, Kind.DATA_DOWN, Kind.END]),
        st.integers(0, 300),
    ),
    max_size=30,
)


def filled(
    entries: list[tuple[int, Kind, int]],
) -> tuple[Backlog, dict[int, tuple[int, int]]]:
    """A backlog of these frames, and the bytes seen per connection."""
    backlog = Backlog()
    totals: dict[int, tuple[int, int]] = dict.fromkeys(range(1, 5), (0, 0))
    for time_ns, (connection, kind, size) in enumerate(entries):
        up, down = totals[connection]
        offset = up if kind == Kind.DATA_UP else down
        if kind == Kind.DATA_UP:
            totals[connection] = (up + size, down)
        elif kind == Kind.DATA_DOWN:
            totals[connection] = (up, down + size)
        else:
            size = 0
        header = pack_header(kind, connection, offset, time_ns, size)
        backlog.append(header, bytes(size))
    return backlog, totals


def frames_of(backlog: Backlog) -> list[Frame]:
    """What would be sent."""
    return FrameDecoder().feed(b"".join(backlog.parts))


@given(_entries, st.integers(1, 2000))
def test_taking_slices_gives_every_frame_once_in_order(
    entries: list[tuple[int, Kind, int]], most: int
) -> None:
    """A slice is bounded, save that one frame always goes."""
    backlog, _ = filled(entries)
    expected = frames_of(backlog)

    taken: list[bytes] = []
    while parts := backlog.take(most):
        size = sum(len(p) + FRAME_COST for p in parts[1::2])
        assert size - len(parts[-1]) - FRAME_COST < most
        taken += parts

    assert expected == FrameDecoder().feed(b"".join(taken))
    assert backlog.size == 0


@given(_entries, st.sets(st.integers(1, 4)))
def test_shedding_drops_whole_connections_and_says_so_in_their_place(
    entries: list[tuple[int, Kind, int]], victims: set[int]
) -> None:
    """Others keep every frame, victims every control frame; time stays ordered."""
    backlog, totals = filled(entries)
    before = frames_of(backlog)
    data = (Kind.DATA_UP, Kind.DATA_DOWN)

    dropped = backlog.shed(victims, totals)

    after = frames_of(backlog)
    kept = [f for f in before if f.connection not in victims or f.kind not in data]
    assert kept == [f for f in after if f.kind != Kind.LOST]
    assert [f.time_ns for f in after] == sorted(f.time_ns for f in after)
    assert backlog.size == sum(len(f.payload) + FRAME_COST for f in after)
    told = {
        f.connection: msgspec.msgpack.decode(f.payload, type=Lost)
        for f in after
        if f.kind == Kind.LOST
    }
    assert dropped.keys() == told.keys()
    for connection, lost in told.items():
        gone = dropped[connection]
        up, down = totals[connection]
        assert (gone.up, gone.down) == (lost.up, lost.down)
        assert gone.size == up - lost.up + down - lost.down


@given(_entries, st.integers(1, 3000))
def test_the_largest_are_chosen_until_enough_is_freed(
    entries: list[tuple[int, Kind, int]], excess: int
) -> None:
    """Nobody small is shed while somebody larger is not."""
    backlog, _ = filled(entries)
    sizes = dict.fromkeys(range(1, 5), 0)
    for frame in frames_of(backlog):
        if frame.kind != Kind.END:
            sizes[frame.connection] += len(frame.payload) + FRAME_COST

    victims = backlog.largest(excess)

    spared = [size for number, size in sizes.items() if number not in victims]
    if victims:
        assert max(spared, default=0) <= min(sizes[number] for number in victims)
    freed = sum(sizes[number] for number in victims)
    assert freed >= min(excess, sum(sizes.values()))
