"""Peers that get a copy of every frame."""

from __future__ import annotations

import asyncio
from typing import cast

from proxy.recorder.assembly import Assembly
from proxy.recorder.limits import Limits
from proxy.recorder.subscribers import Subscribers
from proxy.tapstream import Frame, FrameDecoder, Kind
from tests.support.frames import Collected, Conversation, hello, request
from tests.support.pipelines import PlainPipeline


class Transport:
    """Takes bytes; ``waiting`` of them nobody has read."""

    def __init__(self) -> None:
        self.sent = b""
        self.waiting = 0
        self.closed = False

    def write(self, data: bytes) -> None:
        """Bytes for the subscriber."""
        self.sent += data

    def writelines(self, parts: list[bytes]) -> None:
        """Bytes for the subscriber."""
        self.sent += b"".join(parts)

    def get_write_buffer_size(self) -> int:
        """What waits."""
        return self.waiting

    def close(self) -> None:
        """No more."""
        self.closed = True

    def kinds(self) -> list[int]:
        """Kinds of what was sent."""
        return [frame.kind for frame in FrameDecoder().feed(self.sent)]


def subscribed(subscribers: Subscribers, assembly: Assembly) -> Transport:
    """A peer that has just subscribed."""
    transport = Transport()
    peer = cast("asyncio.Transport", transport)
    assert subscribers.add(peer, assembly.sources.values()) is not None
    return transport


def test_a_peer_learns_of_wires_and_of_connections_at_a_boundary() -> None:
    """A connection half way through a message is announced when it is not."""
    assembly = Assembly({"sonar": PlainPipeline()}, Collected())
    source = assembly.connected(hello())
    idle, busy = Conversation(1), Conversation(2)
    half = busy.data(True, request("/half"))
    assembly.feed(source, [idle.open(), busy.open(), *idle.exchange(), half])
    subscribers = Subscribers(Limits())

    transport = subscribed(subscribers, assembly)
    before = transport.kinds()
    rest = [busy.data(False, b"HTTP/1.1 204 No Content\r\n\r\n")]
    assembly.feed(source, rest)
    subscribers.frames(source, rest)
    after = transport.kinds()[len(before) :]
    settled = [Frame(Kind.SETTLED, 1, 0, 9, b"")]
    subscribers.frames(source, settled)

    introduction = [Kind.SOURCE, Kind.HELLO, Kind.WATERMARK]
    assert [*introduction, Kind.OPEN, Kind.RESUME] == before
    assert after == [Kind.OPEN, Kind.RESUME]
    assert transport.kinds()[-1] == Kind.SETTLED


def test_a_peer_that_does_not_read_is_told_last_of_all() -> None:
    """OVERRUN is the last frame it gets."""
    assembly = Assembly({"sonar": PlainPipeline()}, Collected())
    source = assembly.connected(hello())
    subscribers = Subscribers(Limits(subscriber_bytes=10))
    transport = subscribed(subscribers, assembly)
    transport.waiting = 11

    subscribers.frames(source, [Conversation().open()])
    subscribers.frames(source, [Conversation(2).open()])

    assert transport.kinds()[-1] == Kind.OVERRUN
    assert transport.closed
    assert not subscribers
    assert subscribers.dropped == 1


def test_wires_known_only_from_the_journal_are_not_introduced() -> None:
    """There is nothing to say of them yet."""
    assembly = Assembly({}, Collected(), progress={(5, 1): (1, 1)})
    subscribers = Subscribers(Limits())

    transport = subscribed(subscribers, assembly)

    assert transport.sent == b""
