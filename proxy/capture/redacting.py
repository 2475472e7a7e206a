"""Frames of a capture → the same frames with nothing said; pure.

The recorder's own assembly finds where messages begin and end; ``proxy.redaction``
rewrites each, and every frame keeps its place, time and length. Bytes that are no
message that could be read (another protocol after an upgrade, framing in doubt) become
zeros. Of a connection that was still open, what came after its last exchange is left
out. Certificates that clients showed are left out too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar, cast

import msgspec

from proxy.capture.replaying import play
from proxy.connection_context import ConnectionContext
from proxy.exchange.content import Sink
from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange, Message, Request
from proxy.exchange.standing import Gate
from proxy.extraction.model import OnFailure
from proxy.extraction.view import View
from proxy.pipeline import Outcome, Prepared
from proxy.redaction.message import redact_message
from proxy.redaction.standin import StandIns
from proxy.tapstream import Frame, Hello, Kind, Opened
from proxy.tapstream import Source as SourceFrame

_UP, _DOWN = int(Kind.DATA_UP), int(Kind.DATA_DOWN)
T = TypeVar("T")
_Key = tuple[int, int, bool]
"""Wire, connection, whether towards the server."""


class _Span(NamedTuple):
    start: int
    end: int


class _Spans:
    """An application that only notes where messages stand."""

    gated: OnFailure | None = None

    def __init__(self) -> None:
        self.found: dict[_Key, list[_Span]] = defaultdict(list)

    def gate(self, request: Request) -> Gate | None:  # noqa: ARG002 - as asked
        """Nothing is held."""
        return None

    def stream(
        self,
        exchange: Exchange,  # noqa: ARG002 - as asked
        limits: Limits,  # noqa: ARG002 - as asked
    ) -> Sink | None:
        """Nothing is read while it passes."""
        return None

    def observe(self, context: ConnectionContext, exchange: Exchange) -> Prepared:
        """Note it."""
        self._note(context, exchange.request, up=True)
        if exchange.response is not None:
            self._note(context, exchange.response, up=False)
        return Prepared(context, exchange, cast("View", None), None, 0)

    def finish(self, prepared: Prepared) -> Outcome:  # noqa: ARG002 - as asked
        """Nothing comes of it."""
        return Outcome([], [])

    def _note(self, context: ConnectionContext, message: Message, *, up: bool) -> None:
        span = _Span(message.start_offset, message.end_offset)
        self.found[context.wire, context.connection, up].append(span)


class _Stream:
    """One direction of a connection, as far as it was captured."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.data = bytearray()
        self.covered = base
        """What is below belongs to messages that were read."""

    def put(self, offset: int, payload: bytes) -> None:
        """Bytes at their place; those that came twice are the same."""
        place = offset - self.base
        if place < 0:
            return
        if place > len(self.data):
            self.data += bytes(place - len(self.data))
        self.data[place : place + len(payload)] = payload

    def redact(self, spans: list[_Span], standins: StandIns, *, up: bool) -> None:
        """Rewrite what the messages cover; zeros for the rest."""
        hidden = bytearray(len(self.data))
        for span in sorted(spans):
            start = max(self.covered, self.base) - self.base
            end = min(span.end - self.base, len(self.data))
            if end <= start:
                continue
            message = bytes(self.data[start:end])
            hidden[start:end] = redact_message(standins, message, is_request=up)
            self.covered = span.end
        self.data = hidden

    def get(self, offset: int, size: int) -> bytes:
        """Redacted bytes of a frame."""
        place = offset - self.base
        return bytes(self.data[place : place + size]) if place >= 0 else bytes(size)


def redacted(frames: Sequence[Frame], standins: StandIns) -> Iterator[Frame]:
    """The same frames, redacted.

    Args:
        frames: Of a whole capture.
        standins: Of this capture.
    """
    streams: dict[_Key, _Stream] = {}
    names: set[str] = set()
    ended: set[tuple[int, int]] = set()
    for boot, frame in _by_wire(frames):
        number = frame.connection
        if frame.kind in (_UP, _DOWN):
            key = (boot, number, frame.kind == _UP)
            stream = streams.setdefault(key, _Stream(frame.offset))
            stream.put(frame.offset, frame.payload)
        elif frame.kind == Kind.OPEN:
            opened = _decoded(frame, Opened)
            names |= {opened.application} if opened is not None else set()
        elif frame.kind == Kind.END:
            ended.add((boot, number))
    spans = _Spans()
    for _ in play(frames, dict.fromkeys(names, spans)):
        pass
    for key, stream in streams.items():
        stream.redact(spans.found[key], standins, up=key[2])
    for boot, frame in _by_wire(frames):
        if frame.kind == Kind.OPEN:
            yield frame._replace(payload=_opened(frame))
        elif frame.kind not in (_UP, _DOWN):
            yield frame
        else:
            stream = streams[boot, frame.connection, frame.kind == _UP]
            size = len(frame.payload)
            if (boot, frame.connection) not in ended:
                size = min(size, max(0, stream.covered - frame.offset))
            if size:
                yield frame._replace(payload=stream.get(frame.offset, size))


def _by_wire(frames: Sequence[Frame]) -> Iterator[tuple[int, Frame]]:
    """Each frame with the wire it is of."""
    boot = 0
    for frame in frames:
        if frame.kind == Kind.SOURCE:
            source = _decoded(frame, SourceFrame)
            boot = source.boot if source is not None else 0
        elif frame.kind == Kind.HELLO:
            hello = _decoded(frame, Hello)
            boot = hello.boot if hello is not None else 0
        yield boot, frame


def _opened(frame: Frame) -> bytes:
    opened = _decoded(frame, Opened)
    if opened is None:
        return b""
    plain = msgspec.structs.replace(opened, client_certificate=None, client_chain=())
    return msgspec.msgpack.encode(plain)


def _decoded(frame: Frame, kind: type[T]) -> T | None:
    try:
        return msgspec.msgpack.decode(frame.payload, type=kind)
    except msgspec.MsgspecError:
        return None
