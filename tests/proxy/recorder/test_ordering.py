"""When observed exchanges are finished, and in which order."""

from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from proxy.recorder.ordering import Item, Ordering

Step = tuple[int, int, int]


def ordering(
    done: list[tuple[int, int]], patience: int = 50, most: int = 100
) -> Ordering[tuple[int, int]]:
    """One that notes what it finishes."""
    return Ordering(
        done.append, patience_ns=patience, most_items=most, most_bytes=10_000
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 100), st.integers(0, 100)),
        max_size=40,
    ),
    st.integers(1, 10),
)
def test_each_item_is_finished_once_and_in_the_order_of_its_connection(
    steps: list[Step], most: int
) -> None:
    """Whatever the watermarks do, whatever bound is hit."""
    done: list[tuple[int, int]] = []
    queues = [deque[Item[tuple[int, int]]]() for _ in range(4)]
    order = ordering(done, most=most)
    low = high = 0
    for serial, (connection, needs, advance) in enumerate(steps):
        high += advance
        order.add(Item(queues[connection], needs, (connection, serial), 5), low, high)
        low = max(low, high - 60)
        order.release(low, high)
        assert order.waiting <= most

    order.drain()

    expected = [(connection, serial) for serial, (connection, _, _) in enumerate(steps)]
    assert sorted(expected) == sorted(done)
    for connection in range(4):
        mine = [serial for number, serial in done if number == connection]
        assert sorted(mine) == mine
    assert (order.waiting, order.held) == (0, 0)


def test_nothing_is_finished_before_its_watermark_or_its_patience() -> None:
    """Both ways out, to the nanosecond; a patient release waits on."""
    done: list[tuple[int, int]] = []
    order = ordering(done, patience=50)
    order.add(Item(deque(), 10, (0, 0)), 0, 100)
    order.add(Item(deque(), 20, (1, 1)), 0, 100)

    order.release(9, 149)
    assert done == []
    order.release(10, 149)
    assert done == [(0, 0)]
    order.release(10, 150, patient=True)
    assert done == [(0, 0)]
    order.release(10, 150)
    assert done == [(0, 0), (1, 1)]
    assert order.overdue == 1


def test_held_bytes_are_bounded() -> None:
    """Bodies that wait are memory."""
    done: list[tuple[int, int]] = []
    order = ordering(done)
    for serial in range(3):
        order.add(Item(deque(), 10, (serial, serial), 4_000), 0, 1)

    assert done == [(0, 0)]
    assert order.held == 8_000


def test_finished_items_do_not_pile_up_behind_a_watermark_that_stands_still() -> None:
    """A wire that stopped must not cost memory per exchange."""
    done: list[tuple[int, int]] = []
    order = ordering(done, patience=1)
    for serial in range(5_000):
        order.add(Item(deque(), 10, (serial, serial)), 0, serial * 10)
        order.release(0, serial * 10)

    assert len(done) >= 4_990
    assert len(order._heap) < 2_000
