"""For how long there is room in the journal if the store stays away; pure.

The rate is that of the last hour: one minute says nothing about a day. Before an
hour has passed it is that since the start.
"""

from __future__ import annotations

from collections import deque

from proxy.journal.model import Fill

_EVERY_NS = 60 * 1_000_000_000
_SAMPLES = 60
_DAY = 86_400.0


class Remaining:
    """Told of the journal's state now and then; says how many days are left."""

    def __init__(self) -> None:
        self._samples: deque[tuple[int, int]] = deque(maxlen=_SAMPLES)
        """(monotonic ns, last sequence number), a minute apart."""

    def days(self, now_ns: int, last_seq: int, fill: Fill) -> float | None:
        """Days until ``fill.limit`` at the rate of the last hour.

        None when nothing was recorded in it. ``now_ns`` is monotonic; ``last_seq``
        that of one epoch.
        """
        if not self._samples or now_ns - self._samples[-1][0] >= _EVERY_NS:
            self._samples.append((now_ns, last_seq))
        since_ns, first = self._samples[0]
        entries = last_seq - first
        if entries <= 0 or now_ns <= since_ns or fill.entries <= 0:
            return None
        a_second = entries * 1e9 / (now_ns - since_ns)
        room = max(0, fill.limit - fill.bytes)
        return room / (a_second * fill.bytes / fill.entries) / _DAY
