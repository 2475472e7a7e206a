"""The link itself: one socket to the recorder, for as long as the wire lives.

Everything runs on the wire's event loop; nothing here waits for the recorder
except ``close``. The stream to a new recorder starts with HELLO, then what is
kept (in the order of time across connections), then WATERMARK, then live frames.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
import os
from collections.abc import Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
from typing_extensions import override

from proxy.clock import Clock, SystemClock, wall_minus_monotonic_ns
from proxy.taplink import answers
from proxy.taplink.backlog import Backlog
from proxy.taplink.gates import Gates
from proxy.taplink.kept import Timed
from proxy.taplink.limits import FRAME_COST, Counters, GateLimits, Limits
from proxy.taplink.missed import MissedTotals, Untracked
from proxy.taplink.shedding import shed, stall
from proxy.taplink.stream import Stream
from proxy.taplink.tracked import Tracked
from proxy.tapstream import (
    VERSION,
    Ended,
    Frame,
    Hello,
    Kind,
    LossReason,
    Missed,
    Opened,
    Tap,
    TapSource,
    pack,
)

logger = logging.getLogger(__name__)


class TapLink(TapSource):
    """``TapSource`` of one wire process; see the package.

    Args:
        socket_path: where the recorder listens; it may come later, go and return.
        boot: random id of this process start, below 2**63.
        limits: bounds on memory and time.
        clock: the host's clocks.
        gates: which applications are held, and whether a failure closes; until a
            recorder says otherwise.
        gate_limits: bounds on what is held.
        markers: directory of open gaps, shared with the recorder.

    """

    def __init__(
        self,
        socket_path: Path,
        boot: int,
        limits: Limits | None = None,
        clock: Clock | None = None,
        *,
        gates: Mapping[str, bool] | None = None,
        gate_limits: GateLimits | None = None,
        markers: Path | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.counters = Counters()
        self.backlog = Backlog()
        self.live = False
        self.last_ns = 0
        self.kept_bytes = 0
        self._path = socket_path
        self._boot = boot
        self._clock = clock or SystemClock()
        self._wall_minus_monotonic_ns = wall_minus_monotonic_ns(self._clock)
        self.tracked: dict[int, Tracked] = {}
        self._next = 1
        self._missed = MissedTotals()
        self._replay: Iterator[Timed] = iter(())
        self._stream: Stream | None = None
        self._scheduled = False
        self._progress_ns = 0
        self._bypassed = ""
        self.stalled = False
        """Gated connections are not read: the recorder lags."""
        self._closing = False
        self._closed = False
        self.gates = Gates(
            self, gate_limits or GateLimits(), gates or {}, markers, boot, self._clock
        )
        self._settled = asyncio.Event()

    # What the wire calls.

    @override
    def opened(self, opened: Opened, time_ns: int) -> Tap:
        """A connection was accepted; its tap is told everything that follows."""
        self.last_ns = time_ns = max(time_ns, self.last_ns)
        if (
            len(self.tracked) >= self.limits.tracked
            or self.backlog.size > self.limits.backlog_hard
        ):
            self.counters.missed_connections += 1
            return Untracked(
                opened.application, time_ns, self._untracked_ended, self.gates.hold
            )
        number = self._next
        self._next = number + 1
        tracked = self.tracked[number] = Tracked(self, number, opened, time_ns)
        if self.live:
            self.backlog.append(*tracked.opened[1:])
            self.wake()
        if self._bypassed:
            tracked.pass_by(self._bypassed)
        return tracked

    def bypass(self, detail: str) -> None:
        """Observe no connection, open or new, for this reason; '' ends it: new
        ones are observed again."""
        self._bypassed = detail
        for connection in list(self.tracked.values()) if detail else ():
            connection.pass_by(detail)

    @override
    def pace(self) -> float:
        """Seconds to wait before more is read from a client; 0 almost always."""
        limits = self.limits
        excess = self.backlog.size - limits.backlog_soft
        if excess <= 0 or not limits.pace_most or self._stream is None:
            return 0.0
        stalled_ns = self._clock.monotonic_ns() - self._progress_ns
        if stalled_ns > limits.progress_within * 1e9:
            return 0.0
        self.counters.paced += 1
        room = max(limits.backlog_hard - limits.backlog_soft, 1)
        return limits.pace_most * min(1.0, 0.05 + excess / room)

    def status(self) -> dict[str, Any]:
        """Figures for the wire's report."""
        return {
            "recorder_connected": self._stream is not None,
            "tracked_connections": len(self.tracked),
            "shed_connections_open": sum(c.shed for c in self.tracked.values()),
            "backlog_bytes": self.backlog.size,
            "kept_bytes": self.kept_bytes,
            **{name: getattr(self.counters, name) for name in Counters.__slots__},
            **self.gates.status(),
        }

    async def run(self) -> None:
        """Connect, and connect again, until ``close`` ends it (or it is cancelled)."""
        loop = asyncio.get_running_loop()
        pause = self.limits.reconnect_first
        while not self._closed:
            try:
                _, stream = await loop.create_unix_connection(
                    lambda: Stream(self), os.fspath(self._path)
                )
            except OSError as error:
                logger.debug("no recorder at %s: %s", self._path, error)
            else:
                started_ns = self._clock.monotonic_ns()
                try:
                    await stream.gone.wait()
                finally:
                    stream.transport.abort()
                if self._clock.monotonic_ns() - started_ns > 1e9:
                    pause = self.limits.reconnect_first
            if not self._closing:
                await asyncio.sleep(pause)
                pause = min(pause * 2, self.limits.reconnect_most)
            else:
                await asyncio.sleep(self.limits.reconnect_first)

    async def close(self, seconds: float) -> bool:
        """Say goodbye after the last END; wait until everything is committed.

        Returns whether it was within ``seconds``; what was not committed by then
        was sent, if a recorder is there, and it may still record it.
        """
        self._closing = True
        if self.live:
            self.backlog.append(self._bye())
            self.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._idle:
                    self._settled.clear()
                    await self._settled.wait()
        done = self._idle
        self._closed = True
        stream = self._stream
        if stream is not None:
            self._flush()
            stream.transport.close()
        return done

    @property
    def _idle(self) -> bool:
        return not self.tracked and self._missed.empty

    # What a tracked connection calls.

    def wake(self) -> None:
        """Flush at the end of this loop iteration, or now when much waits."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush_scheduled)
        if self.backlog.size > self.limits.backlog_soft:
            self._flush()
            if self.backlog.size > self.limits.backlog_hard:
                shed(self)

    def kept_too_much(self, connection: Tracked) -> None:
        """Give up replaying, or without a recorder the connection itself."""
        limits = self.limits
        if connection.kept > limits.kept_connection:
            self._give_up(connection)
        if self.kept_bytes <= limits.kept_total:
            return
        goal = limits.kept_total * 7 // 8
        for largest in sorted(self.tracked.values(), key=lambda c: -c.kept):
            if self.kept_bytes <= goal:
                break
            self._give_up(largest)

    def _give_up(self, connection: Tracked) -> None:
        if self._stream is not None:
            connection.drop_kept()
        else:
            connection.lose_kept(LossReason.RECORDER_ABSENT)
            self.counters.absent_connections += 1

    def settle(self, connection: Tracked) -> None:
        """Forget it and tell the recorder that it may do so too."""
        if self.tracked.pop(connection.number, None) is None:
            return
        if self.live:
            self.backlog.append(pack(Kind.SETTLED, connection.number, 0, self.last_ns))
            self.wake()
        self._settled.set()

    def _untracked_ended(
        self, application: str, opened_ns: int, ended: Ended, time_ns: int
    ) -> None:
        self.counters.lost_bytes += ended.up + ended.down
        self.last_ns = time_ns = max(time_ns, self.last_ns)
        absent = self._stream is None
        self._missed.add(application, opened_ns, ended, time_ns, absent)
        if self.live:
            self._send_missed(again=False)

    def _send_missed(self, *, again: bool) -> None:
        for header, payload in self._missed.frames(self.last_ns, again=again):
            self.backlog.append(header, payload)
            self.wake()

    def _owed_ns(self) -> int:
        owed = [each.owed_ns for each in self.tracked.values()]
        owed.append(self._missed.since_ns)
        return min((each for each in owed if each), default=0)

    # The stream.

    def attach(self, stream: Stream) -> None:
        """A recorder is there: introduce the wire, then what is kept."""
        self._stream = stream
        self.counters.connects += 1
        self._progress_ns = self._clock.monotonic_ns()
        hello = Hello(
            version=VERSION,
            boot=self._boot,
            pid=os.getpid(),
            wall_minus_monotonic_ns=self._wall_minus_monotonic_ns,
            resumed=self.counters.connects > 1,
            owed_ns=self._owed_ns(),
        )
        stream.transport.write(
            pack(Kind.HELLO, 0, 0, self._progress_ns, msgspec.msgpack.encode(hello))
        )
        self._replay = heapq.merge(
            *[tracked.replay() for tracked in self.tracked.values()],
            key=itemgetter(0),
        )
        self.backlog.clear()
        self.live = True
        self._send_missed(again=True)
        self.backlog.append(pack(Kind.WATERMARK, 0, 0, self._watermark_ns()))
        if self._closing:
            self.backlog.append(self._bye())
        self.gates.connected()
        self._flush()

    def detach(self, stream: Stream) -> None:
        """The recorder is gone; what is kept waits for the next one."""
        if self._stream is stream:
            self._stream = None
            self.live = False
            self.backlog.clear()
            self._replay = iter(())
            self.gates.disconnected()

    def received(self, frame: Frame) -> None:
        """One frame of the recorder."""
        answers.take(self, frame)

    def progressed(self) -> None:
        """The recorder has committed something."""
        self._progress_ns = self.last_ns

    def missed_committed(self, serial: int) -> None:
        """MISSED frames up to this one are on disk."""
        self._missed.commit(serial)
        self._send_missed(again=False)
        if self._missed.empty:
            self.gates.told()
        self._settled.set()

    def tell_watermark(self) -> None:
        """Everything until now has been sent."""
        self.backlog.append(pack(Kind.WATERMARK, 0, 0, self._watermark_ns()))
        self.wake()

    def gated(self, closed: dict[str, bool]) -> None:
        """The recorder says which applications are held; see ``Kind.GATED``."""
        helds = [c.held for c in self.tracked.values() if c.held is not None]
        self.gates.changed_to(closed, helds)
        for connection in self.tracked.values():
            if connection.held is None and connection.application in closed:
                connection.nudge()

    def hold_full(self, number: int) -> None:
        """Ask the recorder to read what there is of this connection."""
        if self.live:
            self.backlog.append(pack(Kind.HOLD_FULL, number, 0, self.last_ns))
            self.wake()

    def note(self, missed: Missed) -> None:
        """Have this told to a recorder, exactly once."""
        self._missed.note(missed)
        if self.live:
            self._send_missed(again=False)

    def resume(self) -> None:
        """The socket takes more."""
        self._progress_ns = self._clock.monotonic_ns()
        self._flush()

    def _flush_scheduled(self) -> None:
        self._scheduled = False
        self._flush()

    def _flush(self) -> None:
        stream = self._stream
        if stream is None:
            return
        most = self.limits.slice
        while not stream.paused:
            parts = self._replay_slice(most) or self.backlog.take(most)
            if not parts:
                self._progress_ns = self.last_ns
                if self.stalled:
                    stall(self, stalled=False)
                return
            stream.transport.writelines(parts)

    def _replay_slice(self, most: int) -> list[bytes]:
        parts: list[bytes] = []
        size = 0
        for _, header, payload in self._replay:
            parts += (header, payload)
            size += len(payload) + FRAME_COST
            if size >= most:
                break
        return parts

    def _watermark_ns(self) -> int:
        self.last_ns = max(self.last_ns, self._clock.monotonic_ns())
        return self.last_ns

    def _bye(self) -> bytes:
        return pack(Kind.BYE, 0, 0, self._watermark_ns())
