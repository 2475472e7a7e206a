"""One connection as the tap link knows it: what was seen, sent and kept.

Offsets grow from 0 per direction. Kept are the DATA frames that COMMITTED has
not passed, as references to the very bytes the wire relayed. ``data`` is the
hot path of the wire: measured by ``tests/bench/bench_recorder.py``.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec
from typing_extensions import override

from proxy.tapgate import Hold, Release
from proxy.taplink.backlog import Backlog, lost_frame
from proxy.taplink.gates import Gates
from proxy.taplink.held import Held
from proxy.taplink.kept import TIME, Kept, Timed, time_of, timed
from proxy.taplink.limits import FRAME_COST, Counters, Limits
from proxy.tapstream import (
    HEADER,
    MAX_PAYLOAD,
    Ended,
    Kind,
    LossReason,
    Lost,
    Opened,
    Resumed,
    Tap,
    pack_header,
)

_pack = HEADER.pack
_UP, _DOWN = int(Kind.DATA_UP), int(Kind.DATA_DOWN)


class Link(Protocol):
    """What a tracked connection needs of its link."""

    backlog: Backlog
    limits: Limits
    counters: Counters
    live: bool
    """A recorder is connected and has been sent everything kept so far."""
    last_ns: int
    kept_bytes: int
    gates: Gates

    def wake(self) -> None:
        """Something waits in the backlog."""

    def kept_too_much(self, connection: Tracked) -> None:
        """A bound on kept bytes was passed."""

    def settle(self, connection: Tracked) -> None:
        """The connection ended and everything of it is committed."""


class Tracked(Tap):
    """The tap of one connection."""

    __slots__ = (
        "application",
        "committed_down",
        "committed_up",
        "down",
        "dropped",
        "end_frame",
        "eofs",
        "held",
        "kept",
        "kept_down",
        "kept_up",
        "link",
        "lost",
        "number",
        "opened",
        "silent",
        "up",
        "woken",
    )

    def __init__(self, link: Link, number: int, opened: Opened, time_ns: int) -> None:
        self.link = link
        self.number = number
        self.application = opened.application
        payload = msgspec.msgpack.encode(opened)
        header = pack_header(Kind.OPEN, number, 0, time_ns, len(payload))
        self.opened: Timed = (time_ns, header, payload)
        self.up = self.down = 0
        self.committed_up = self.committed_down = 0
        self.kept_up: deque[Kept] = deque()
        self.kept_down: deque[Kept] = deque()
        self.kept = 0
        self.eofs: list[Timed] = []
        self.end_frame: Timed | None = None
        self.lost: Lost | None = None
        self.silent = False
        """Lost or forgotten: bytes are counted, no more."""
        self.held: Held | None = None
        """Bytes that wait for their record; None: nothing holds them."""
        self.woken: Callable[[], None] | None = None
        self.dropped: tuple[int, int, int] | None = None
        """Kept bytes below these offsets (up, down) were dropped, the first of
        them at this time: not replayable until they are committed."""

    @override
    def data(self, up: bool, data: bytes, time_ns: int) -> None:
        """Bytes passed; they are kept by reference and sent with the next flush."""
        size = len(data)
        if up:
            kind = _UP
            offset = self.up
            end = self.up = offset + size
        else:
            kind = _DOWN
            offset = self.down
            end = self.down = offset + size
        link = self.link
        if self.silent:
            link.counters.lost_bytes += size
            return
        if size > MAX_PAYLOAD or not size:
            self._split(up, data, time_ns)
            return
        if time_ns < link.last_ns:
            time_ns = link.last_ns
        else:
            link.last_ns = time_ns
        header = _pack(size, kind, self.number, offset, time_ns)
        (self.kept_up if up else self.kept_down).append((end, header, data))
        cost = size + FRAME_COST
        self.kept += cost
        link.kept_bytes += cost
        if link.live:
            backlog = link.backlog
            backlog.parts += (header, data)
            backlog.size += cost
            link.wake()
        limits = link.limits
        if self.kept > limits.kept_connection or link.kept_bytes > limits.kept_total:
            link.kept_too_much(self)

    def _split(self, up: bool, data: bytes, time_ns: int) -> None:
        if up:
            self.up -= len(data)
        else:
            self.down -= len(data)
        for start in range(0, len(data), MAX_PAYLOAD):
            self.data(up, data[start : start + MAX_PAYLOAD], time_ns)

    @override
    def eof(self, up: bool, time_ns: int) -> None:
        """A direction ended in order."""
        kind = Kind.EOF_UP if up else Kind.EOF_DOWN
        time_ns = self._stamp(time_ns)
        offset = self.up if up else self.down
        header = pack_header(kind, self.number, offset, time_ns, 0)
        self.eofs.append((time_ns, header, b""))
        if not self.silent:
            self._send(header, b"")

    @override
    def end(self, ended: Ended, time_ns: int) -> None:
        """The connection is over; a second call changes nothing."""
        if self.end_frame is not None:
            return
        time_ns = self._stamp(time_ns)
        self.up, self.down = ended.up, ended.down
        payload = msgspec.msgpack.encode(ended)
        header = pack_header(Kind.END, self.number, ended.up, time_ns, len(payload))
        self.end_frame = (time_ns, header, payload)
        self._send(header, payload)
        self._settle_if_done()

    @override
    def detach(self, time_ns: int) -> None:
        """The wire's layer failed: from here on only END tells of the bytes."""
        if self.silent:
            return
        self.link.counters.failed_connections += 1
        self.lose(LossReason.OBSERVER_FAILED, self._stamp(time_ns))

    @property
    def shed(self) -> bool:
        """It passes unrecorded, and nobody meant it to."""
        return (
            self.lost is not None
            and self.end_frame is None
            and self.lost.reason not in (LossReason.FORGOTTEN, LossReason.INTENDED)
        )

    @override
    def cut(self, time_ns: int) -> None:
        """The server reset its direction: EOF_DOWN with a payload says so."""
        time_ns = self._stamp(time_ns)
        payload = b"cut"
        header = pack_header(
            Kind.EOF_DOWN, self.number, self.down, time_ns, len(payload)
        )
        self.eofs.append((time_ns, header, payload))
        if not self.silent:
            self._send(header, payload)

    @override
    def gate(self, wake: Callable[[], None]) -> Hold | None:
        """What holds it; ``wake`` is kept, in case that is something only later."""
        self.woken = wake
        meant = self.lost is not None and self.lost.reason == LossReason.INTENDED
        if self.held is None and not meant:
            gates = self.link.gates
            self.held = gates.hold(
                self.application, self.number, wake, self.up, self.down
            )
        return self.held

    def nudge(self) -> None:
        """What holds it may have changed."""
        if self.woken is not None and self.end_frame is None:
            self.woken()

    def release(self, release: Release) -> None:
        """The recorder let something go."""
        if self.held is not None and self.held.release(release):
            self.held.wake()

    def commit(self, up: int, down: int, *, inside: bool = False) -> None:
        """Everything below these offsets is on disk and need not be kept.

        ``inside`` a response: what follows can only be lost, should the recorder
        change before the response has ended.
        """
        freed = 0
        kept = self.kept_up
        while kept and kept[0][0] <= up:
            freed += len(kept.popleft()[2]) + FRAME_COST
        kept = self.kept_down
        while kept and kept[0][0] <= down:
            freed += len(kept.popleft()[2]) + FRAME_COST
        self.kept -= freed
        self.link.kept_bytes -= freed
        self.committed_up = max(up, self.committed_up)
        self.committed_down = max(down, self.committed_down)
        if self.dropped and up >= self.dropped[0] and down >= self.dropped[1]:
            self.dropped = None
        if inside:
            self.dropped = (up, down + 1, self.link.last_ns)
        if self.held is not None and self.held.committed(down):
            self.held.wake()
        if self.end_frame is not None:
            self._settle_if_done()

    def lose(self, reason: LossReason, time_ns: int, detail: str = "") -> None:
        """Send nothing of it from here on; what was sent stays kept."""
        self.silent = True
        up, down = self.up, self.down
        self.lost = Lost(
            reason=reason, up=up, down=down, since_ns=time_ns, detail=detail
        )
        self._send(*lost_frame(self.number, self.lost))
        self._fail_gate(reason)

    def pass_by(self, detail: str) -> None:
        """An operator wants it unobserved: nothing of it is sent, or held."""
        if not self.silent and self.end_frame is None:
            self.lose(LossReason.INTENDED, self._stamp(0), detail)

    def lose_from(self, up: int, down: int, lost: Lost) -> int:
        """Lose what lies at or above these offsets; returns payload bytes dropped.

        Frames that straddle them stay kept: the recorder reads their first part.
        """
        self.silent = True
        self.lost = lost
        size = 0
        for kept, limit in ((self.kept_up, up), (self.kept_down, down)):
            while kept and kept[-1][0] - len(kept[-1][2]) >= limit:
                gone = len(kept.pop()[2])
                size += gone
                self._free(gone + FRAME_COST)
        if lost.reason != LossReason.FORGOTTEN:
            self._fail_gate(lost.reason)
        return size

    def _fail_gate(self, reason: int) -> None:
        """What was forgotten at the recorder's wish, the recorder releases."""
        if self.held is None:
            return
        if reason == LossReason.INTENDED:
            self.held.let_go(for_ever=True)
            self.held.wake()
        else:
            self.held.failed(LossReason(reason).name.lower())

    def lose_kept(self, reason: LossReason) -> None:
        """No recorder is there and nothing more can be kept: all of it is lost."""
        since_ns = self._first_kept_ns() or self.opened[0]
        lost = Lost(
            reason=reason,
            up=self.committed_up,
            down=self.committed_down,
            since_ns=since_ns,
        )
        self.link.counters.lost_bytes += self.lose_from(0, 0, lost)

    def drop_kept(self) -> None:
        """It was sent, but cannot be sent again to another recorder."""
        since_ns = self.dropped[2] if self.dropped else self._first_kept_ns()
        self.dropped = (self.up, self.down, since_ns)
        self._free(self.kept)
        self.kept_up.clear()
        self.kept_down.clear()
        self.link.counters.unreplayable += 1

    @property
    def owed_ns(self) -> int:
        """Time of the first of what is not on disk; 0: nothing is owed."""
        since = [self._first_kept_ns(), self.dropped[2] if self.dropped else 0]
        since.append(self.lost.since_ns if self.lost else 0)
        since += [each[0] for each in (*self.eofs, self.end_frame) if each]
        return min((each for each in since if each), default=0)

    def replay(self) -> Iterator[Timed]:
        """Every frame another recorder needs, in the order of time.

        What is to be sent is fixed now; the frames are put in order while they
        are taken, because a large replay must not hold up the relay.
        """
        if self.dropped:
            self._lose_dropped(self.dropped[2])
        opened_ns = self.opened[0]
        up, down = self.committed_up, self.committed_down
        payload = msgspec.msgpack.encode(Resumed(up=up, down=down))
        resume = pack_header(Kind.RESUME, self.number, up, opened_ns, len(payload))
        last: list[Timed] = []
        if self.lost is None:
            last += self.eofs
        else:
            # After what is sent of it, before END, whenever it was lost.
            ends = [kept[-1] for kept in (self.kept_up, self.kept_down) if kept]
            last_ns = max((time_of(kept) for kept in ends), default=opened_ns)
            last.append((last_ns, *lost_frame(self.number, self.lost, last_ns)))
        if self.end_frame is not None:
            last.append(self.end_frame)
        return heapq.merge(
            [self.opened, (opened_ns, resume, payload)],
            timed(list(self.kept_up)),
            timed(list(self.kept_down)),
            last,
            key=TIME,
        )

    def _lose_dropped(self, since_ns: int) -> None:
        """Some of it cannot be sent again, so nothing after it can be read."""
        before = self.lost or Lost(
            reason=LossReason.UNREPLAYABLE, up=0, down=0, since_ns=since_ns
        )
        lost = msgspec.structs.replace(
            before, up=self.committed_up, down=self.committed_down, since_ns=since_ns
        )
        self.link.counters.lost_bytes += self.lose_from(0, 0, lost)

    def _first_kept_ns(self) -> int:
        return min(
            (time_of(kept[0]) for kept in (self.kept_up, self.kept_down) if kept),
            default=0,
        )

    def _free(self, cost: int) -> None:
        self.kept -= cost
        self.link.kept_bytes -= cost

    def _stamp(self, time_ns: int) -> int:
        link = self.link
        link.last_ns = time_ns = max(time_ns, link.last_ns)
        return time_ns

    def _send(self, header: bytes, payload: bytes) -> None:
        link = self.link
        if link.live:
            link.backlog.append(header, payload)
            link.wake()

    def _settle_if_done(self) -> None:
        if self.committed_up >= self.up and self.committed_down >= self.down:
            self.link.settle(self)
