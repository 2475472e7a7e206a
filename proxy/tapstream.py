"""The tap stream: how a wire tells a recorder what passed, byte for byte.

One unix stream socket per wire carries frames in both directions::

    frame   = header payload
    header  = length:u32 kind:u8 reserved:3 connection:u64 offset:u64 time_ns:u64
              (little endian, 32 bytes; length counts the payload only)

From wire to recorder come facts, in the order of their ``time_ns``
(CLOCK_MONOTONIC, one clock for every process of a host). The time of the last
frame received from a wire is therefore its *watermark*: everything that wire
saw until then has arrived. An idle wire answers ``ASK_WATERMARK`` with a
``WATERMARK`` frame. Back come ``COMMITTED`` (what is on disk and need not be
kept) and, where pages are held until then, ``RELEASE``.

Rules both sides rely on:

* ``connection`` numbers start at 1 within one wire boot and are never reused;
  0 stands for the wire itself.
* ``offset`` of a DATA frame is the number of bytes that passed before it in
  that direction of that connection. Consecutive frames of a direction are
  contiguous, unless a LOST frame stands between them.
* An exchange is identified by (wire boot id, connection, offset of its first
  request byte); replaying frames never makes a second one.
* A wire keeps every DATA frame until COMMITTED passes it, and sends the kept
  ones again, after OPEN and RESUME, to a recorder it has connected to anew.
* A frame that cannot be understood costs its connection, never the stream;
  only a broken *header* (impossible length) ends the stream.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple, Protocol

import msgspec

from proxy.tapgate import Hold, Release

VERSION = 1
"""Version of this framing; HELLO carries it and a recorder refuses another."""

HEADER = struct.Struct("<IB3xQQQ")
MAX_PAYLOAD = 1 << 20
"""Largest payload of a frame, bytes: above the 256 KiB a socket read yields,
small enough that a stream that has lost its framing is noticed at once."""


class Kind(IntEnum):
    """What a frame says. Facts flow to the recorder, requests to the wire."""

    HELLO = 1
    """The wire introduced itself; payload ``Hello``; first frame of a stream."""
    OPEN = 2
    """A connection was accepted; payload ``Opened``."""
    DATA_UP = 3
    """Bytes passed from client to server; payload the bytes."""
    DATA_DOWN = 4
    """Bytes passed from server to client; payload the bytes."""
    EOF_UP = 5
    """The client ended its direction (FIN, or close_notify); offset = total."""
    EOF_DOWN = 6
    """The server ended its direction; offset = total."""
    END = 7
    """The connection is over; payload ``Ended`` with the totals."""
    LOST = 8
    """Bytes of this connection passed that will not be sent; payload ``Lost``.
    More LOST frames may follow for it, the last totals are in END."""
    RESUME = 9
    """Follows a repeated OPEN: frames start again at these offsets; payload
    ``Resumed``."""
    WATERMARK = 10
    """Everything until ``time_ns`` has been sent; answer to ASK_WATERMARK."""
    BYE = 11
    """The wire drained and ends in order; only SETTLED follows."""
    SETTLED = 12
    """The wire has forgotten the connection: it ended, everything of it was
    committed, and nothing of it will be sent again."""
    MISSED = 13
    """Whole connections passed that could not be tracked one by one; payload
    ``Missed``, repeated until COMMITTED of connection 0 passes its serial."""
    SUBSCRIBE = 14
    """First frame of a peer that wants a copy of every frame; it says who and why."""
    DEPOSIT = 16
    """The only kind of a peer that hands over events: ``proxy.recorder.deposits``."""
    HOLD_FULL = 15
    """The wire holds as much of this connection as it may: what there is of the
    response under way should be read now."""

    COMMITTED = 64
    """Everything of the connection below ``offset`` (up) and the down offset the
    payload starts with (8 bytes, little endian) is on disk. A ninth byte says
    that this is inside a response, where no other recorder can begin to read."""
    ASK_WATERMARK = 65
    """Send a WATERMARK now."""
    RELEASE = 66
    """Held bytes of the connection may go, up to ``offset`` downwards, also those
    still to come; payload of ``proxy.tapgate.Release``."""
    FORGET = 67
    """The recorder will record nothing more of this connection (it is opaque
    or was lost) at or above ``offset`` (up) and the 8 bytes the payload starts
    with (down): stop sending it, count its bytes for END. The rest is text
    for ``Lost.detail``, should the wire have to tell another recorder."""
    REFUSE = 68
    """Nothing more of the connection may go: end it, by a reset on both sides."""
    GATED = 69
    """The applications whose responses are held until released; payload a map of
    name to whether a failure closes. Repeated when a rule set changes it."""
    DEPOSITED = 70
    """To a peer that deposits: so many events (``offset``) are on disk."""

    SOURCE = 128
    """To a subscriber, and in a capture: the frames that follow are of another
    wire; payload ``Source``."""
    OVERRUN = 129
    """To a subscriber: it was too slow and gets nothing more."""


class Frame(NamedTuple):
    """One frame, decoded. ``kind`` stays an int: an unknown one is skipped."""

    kind: int
    connection: int
    offset: int
    time_ns: int
    payload: bytes


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """Who the wire is. ``boot`` is 64 random bits per process start."""

    version: int
    boot: int
    pid: int
    wall_minus_monotonic_ns: int
    """Added to ``time_ns`` gives the wall clock (ns since the epoch)."""
    resumed: bool = False
    """True when this wire was connected to an earlier recorder before."""
    owed_ns: int = 0
    """Monotonic time of the first of what is not on disk; 0: all of it is."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A connection and where it came from. Addresses are ``host``, ``port``."""

    application: str
    """Name of the application in the config: it selects the rule set."""
    client: tuple[str, int]
    server: tuple[str, int] | None = None
    listener: str = ""
    original_destination: tuple[str, int] | None = None
    tls_version: str | None = None
    sni: str | None = None
    client_certificate: bytes | None = None
    """DER of the leaf the client showed; *not* verified by the wire."""
    client_chain: tuple[bytes, ...] = ()
    """DER of the certificates sent along with it, leaf left out; bounded by the
    wire, *not* verified either."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Totals of a connection: what the invariant *seen = exchanges + gaps*
    (bytes per connection and direction) is checked against."""

    up: int
    down: int
    abort: bool = False
    """True when either side reset the connection: a cut body is cut."""
    error: str = ""
    """Why there was no upstream, when there was none."""


class LossReason(IntEnum):
    """Why frames of a connection were not sent."""

    SHED = 1
    """The recorder lagged and the bound on the backlog was reached."""
    RECORDER_ABSENT = 2
    """No recorder was connected and the bound on kept frames was reached."""
    OBSERVER_FAILED = 3
    """A fault in the tap itself; the connection was relayed on without it."""
    UNREPLAYABLE = 4
    """The recorder changed in the middle of a message too large to keep."""
    FORGOTTEN = 5
    """The recorder asked for it with FORGET."""
    INTENDED = 6
    """Tapping was switched off by an operator."""
    GATE_OPENED = 7
    """Only in ``Missed``: held bytes went before they were recorded."""
    GATE_CLOSED = 8
    """Only in ``Missed``: connections were ended with bytes held."""


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """From these offsets on, bytes pass unseen until END (or RESUME)."""

    reason: int
    up: int
    down: int
    since_ns: int
    """Monotonic time from which bytes are missing."""
    detail: str = ""
    """What the recorder said in its FORGET, given back unread."""


class Resumed(msgspec.Struct, frozen=True, kw_only=True):
    """Where the frames that follow start: a message boundary on both sides."""

    up: int
    down: int


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """Connections of one application that were relayed without being tracked.

    ``serial`` grows with every such frame of a wire, so that one repeated to
    another recorder is known.
    """

    serial: int
    application: str
    reason: int
    connections: int
    up: int
    down: int
    since_ns: int
    until_ns: int
    detail: str = ""
    """Why, beside ``reason``: lower_snake."""


class SourceState(IntEnum):
    """What became of a wire, as a recorder saw it."""

    CONNECTED = 1
    """Its HELLO follows."""
    SPEAKING = 2
    """Frames of a wire that is already known follow."""
    ENDED = 3
    """It ended in order, after BYE."""
    DETACHED = 4
    """Its stream broke; it may come back."""
    GONE = 5
    """It did not come back: what it had not sent is unknown."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Which wire the frames that follow are of."""

    boot: int
    state: SourceState
    missed_ns: int = 0  # Wall clock when its stream broke off.


def pack(
    kind: Kind, connection: int, offset: int, time_ns: int, payload: bytes = b""
) -> bytes:
    """Encode one frame."""
    return HEADER.pack(len(payload), kind, connection, offset, time_ns) + payload


def pack_header(
    kind: int, connection: int, offset: int, time_ns: int, length: int
) -> bytes:
    """Encode a header alone, so that a payload is sent without being copied."""
    return HEADER.pack(length, kind, connection, offset, time_ns)


def pack_forget(
    connection: int, up: int, down: int, detail: str, time_ns: int = 0
) -> bytes:
    """Encode FORGET: nothing from these offsets or ``time_ns`` on need be sent."""
    payload = down.to_bytes(8, "little") + detail.encode()
    return pack(Kind.FORGET, connection, up, time_ns, payload)


def pack_committed(
    connection: int, up: int, down: int, *, inside: bool = False
) -> bytes:
    """Encode COMMITTED; ``inside`` a response, no other recorder can begin there."""
    payload = down.to_bytes(8, "little") + b"\1" * inside
    return HEADER.pack(len(payload), Kind.COMMITTED, connection, up, 0) + payload


def pack_release(connection: int, release: Release) -> bytes:
    """Encode RELEASE."""
    return pack(Kind.RELEASE, connection, release.offset, 0, release.payload())


class StreamBroken(Exception):
    """The header says a payload that cannot be: the stream has lost its framing.

    ``frames`` are the good ones that came before it in the same bytes.
    """

    def __init__(self, length: int, frames: list[Frame]) -> None:
        super().__init__(f"a frame of {length} bytes cannot be, at most {MAX_PAYLOAD}")
        self.frames = frames


class FrameDecoder:
    """Bytes in, frames out; any split of the bytes gives the same frames.

    Holds at most one incomplete frame (``MAX_PAYLOAD`` + header bytes), and
    joins its pieces once, when the last has come.
    """

    __slots__ = ("_missing", "_parts", "_pending")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._pending = 0
        self._missing = HEADER.size

    @property
    def pending(self) -> int:
        """Bytes of an incomplete frame that wait for the rest of it."""
        return self._pending

    def feed(self, data: bytes) -> list[Frame]:
        """Every frame completed by ``data``.

        Raises:
            StreamBroken: a length above ``MAX_PAYLOAD``; ``frames`` of it are
                those before the broken header.
        """
        if self._parts:
            self._parts.append(data)
            self._pending += len(data)
            self._missing -= len(data)
            if self._missing > 0:
                return []
            data = b"".join(self._parts)
            self._parts.clear()
        frames: list[Frame] = []
        position, size = 0, len(data)
        header, unpack = HEADER.size, HEADER.unpack_from
        new = tuple.__new__  # what Frame(...) does, without a call in between
        missing = header
        while size - position >= header:
            length, kind, connection, offset, time_ns = unpack(data, position)
            if length > MAX_PAYLOAD:
                raise StreamBroken(length, frames)
            start = position + header
            end = start + length
            if end > size:
                missing = header + length
                break
            fields = (kind, connection, offset, time_ns, data[start:end])
            frames.append(new(Frame, fields))
            position = end
        self._pending = size - position
        self._missing = missing - self._pending
        if self._pending:
            self._parts.append(data[position:] if position else data)
        return frames


class Tap(Protocol):
    """What a wire needs of an observer of one connection.

    Every method copies what it needs and returns at once; an exception is the
    caller's to contain (it detaches the tap and relays on). ``time_ns`` is
    CLOCK_MONOTONIC at the moment the bytes were read, before they go on.
    """

    def data(self, up: bool, data: bytes, time_ns: int) -> None:
        """Bytes passed, client→server when ``up``."""

    def eof(self, up: bool, time_ns: int) -> None:
        """A direction ended in order."""

    def end(self, ended: Ended, time_ns: int) -> None:
        """The connection is over, nothing follows."""

    def detach(self, time_ns: int) -> None:
        """The layer failed while observing: bytes pass unseen from here on."""

    def cut(self, time_ns: int) -> None:  # noqa: ARG002 - for those that hold
        """The server reset its direction while bytes of it are held."""
        return

    def gate(self, wake: Callable[[], None]) -> Hold | None:  # noqa: ARG002 - as above
        """What holds the bytes of this connection, None when nothing does.
        ``wake`` is called when that changes, or when held bytes may go."""
        return None


class TapSource(Protocol):
    """Where a wire gets the observer of a new connection, and how long to wait
    before it reads more of a connection when the recorder is behind."""

    def opened(self, opened: Opened, time_ns: int) -> Tap:
        """A connection was accepted (and the upstream is about to be opened)."""

    def pace(self) -> float:
        """Seconds to wait before the next read of either side; 0 almost always."""
