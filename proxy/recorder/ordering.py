"""In which order, and when, observed exchanges are finished; pure.

An item may be finished once the lowest watermark of all live wires has reached
``needs_ns``, or when the highest one has moved ``patience`` past the moment the
item came: time is the wires' own, so that a replay of the same frames decides
alike. Items of one connection keep their order whatever they need.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_HEAP_SLACK = 1000
"""Finished entries a heap may hold before it is built anew."""


class Item(Generic[T]):
    """One thing to finish. ``queue`` is that of its connection."""

    __slots__ = ("done", "held", "needs_ns", "queue", "since_ns", "what")

    def __init__(
        self, queue: deque[Item[T]], needs_ns: int, what: T, held: int = 0
    ) -> None:
        self.queue = queue
        self.needs_ns = needs_ns
        self.what: T | None = what
        self.held = held
        self.since_ns = 0
        self.done = False


class Ordering(Generic[T]):
    """Holds items; calls ``finish`` for each exactly once.

    Args:
        finish: takes what an item holds; must not raise.
        patience_ns: in the wires' time.
        most_items: more are not held, the oldest goes first.
        most_bytes: the same for the sum of ``held``.

    """

    def __init__(
        self,
        finish: Callable[[T], None],
        *,
        patience_ns: int,
        most_items: int,
        most_bytes: int,
    ) -> None:
        self._finish = finish
        self._patience_ns = patience_ns
        self._most_items = most_items
        self._most_bytes = most_bytes
        self._heap: list[tuple[int, int, Item[T]]] = []
        self._arrived: deque[Item[T]] = deque()
        self._serial = 0
        self.waiting = 0
        self.held = 0
        self.overdue = 0
        """Finished without the watermark: patience or a bound ended."""

    def add(self, item: Item[T], low_ns: int, high_ns: int) -> None:
        """Finish the item now if it may be, else hold it."""
        if not item.queue and item.needs_ns <= low_ns:
            what, item.what = item.what, None
            item.done = True
            assert what is not None
            self._finish(what)
            return
        item.since_ns = high_ns
        item.queue.append(item)
        self._arrived.append(item)
        self._serial += 1
        heapq.heappush(self._heap, (item.needs_ns, self._serial, item))
        self.waiting += 1
        self.held += item.held
        while self.waiting > self._most_items or self.held > self._most_bytes:
            self._force(low_ns)

    def release(self, low_ns: int, high_ns: int, *, patient: bool = False) -> None:
        """Finish what may be; ``patient`` holds overdue items all the same."""
        heap = self._heap
        while heap and heap[0][0] <= low_ns:
            item = heapq.heappop(heap)[2]
            if not item.done:
                self._drain(item.queue, low_ns)
        if not patient:
            limit_ns = high_ns - self._patience_ns
            arrived = self._arrived
            while arrived and (arrived[0].done or arrived[0].since_ns <= limit_ns):
                self._force(low_ns)
        if len(heap) > 2 * self.waiting + _HEAP_SLACK:
            self._heap = [entry for entry in heap if not entry[2].done]
            heapq.heapify(self._heap)
            self._arrived = deque(item for item in self._arrived if not item.done)

    def drain(self) -> None:
        """Finish everything: nothing more will come."""
        while self._arrived:
            self._force(0)

    def _force(self, low_ns: int) -> None:
        item = self._arrived.popleft()
        if item.done:
            return
        self.overdue += 1
        # Earlier items of its connection came earlier, so they are finished.
        item.needs_ns = 0
        self._drain(item.queue, low_ns)

    def _drain(self, queue: deque[Item[T]], low_ns: int) -> None:
        while queue and queue[0].needs_ns <= low_ns:
            item = queue.popleft()
            what, item.what = item.what, None
            item.done = True
            self.waiting -= 1
            self.held -= item.held
            assert what is not None
            self._finish(what)
