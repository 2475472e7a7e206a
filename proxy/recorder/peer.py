"""One peer of the recorder's socket: a wire, one who subscribes to all frames, or one
who deposits events."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from typing import Protocol, cast

import msgspec
from typing_extensions import override

from proxy.clock import Clock
from proxy.recorder.assembly import Assembly
from proxy.recorder.deposits import DepositRefused, Deposits
from proxy.recorder.source import Source
from proxy.recorder.subscribers import CaptureAsked, Subscriber, Subscribers
from proxy.tapstream import VERSION, Frame, FrameDecoder, Hello, Kind, StreamBroken

logger = logging.getLogger(__name__)

_CREDENTIALS = struct.Struct("3i")


class Owner(Protocol):
    """What a peer needs of the recorder."""

    assembly: Assembly
    subscribers: Subscribers
    deposits: Deposits
    clock: Clock
    refused: int

    @property
    def allowed_uids(self) -> frozenset[int]:
        """Uids that may connect."""

    def joined(self, peer: Peer) -> None:
        """Somebody connected."""

    def parted(self, peer: Peer) -> None:
        """Somebody is gone."""

    def hello(self, peer: Peer, hello: Hello) -> Source:
        """A wire introduced itself."""

    def processed(self, last_ns: int) -> None:
        """A chunk of frames went through the assembly."""

    def left(self, peer: Peer, source: Source) -> None:
        """A wire's stream ended."""


class Peer(asyncio.Protocol):
    """Its first frame says what it is."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._decoder = FrameDecoder()
        self._source: Source | None = None
        self._subscriber: Subscriber | None = None
        self._depositor = False
        self._subscribing = False
        self._ended = False
        self.replaced = False
        """The wire has connected anew; this stream says nothing any more."""
        self.heard = 0.0
        """When it last said anything; seconds on the loop's clock."""
        self._loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._owner.joined(self)
        uid = uid_of(self.transport.get_extra_info("socket"))
        if uid not in self._owner.allowed_uids:
            self._refuse(f"uid {uid} may not connect")

    @override
    def data_received(self, data: bytes) -> None:
        if self.replaced or self.transport.is_closing():
            return
        self.heard = self._loop.time()
        try:
            frames = self._decoder.feed(data)
        except StreamBroken as broken:
            self._take(broken.frames)
            self._refuse("its stream has lost its framing")
            return
        try:
            self._take(frames)
        except StreamBroken:
            self._refuse("it has more open connections than can be")

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._owner.parted(self)
        self._owner.deposits.gone(self.transport)
        if self._subscriber is not None:
            self._owner.subscribers.remove(self._subscriber)
        if self._source is not None and not self.replaced:
            self._owner.left(self, self._source)

    def _take(self, frames: list[Frame]) -> None:
        if not frames:
            return
        if self._depositor or (
            self._source is None
            and not self._subscribing
            and frames[0].kind == Kind.DEPOSIT
        ):
            self._deposit(frames)
            return
        if self._source is None:
            if not self._subscribing:
                self._introduce(frames[0])
            frames = frames[1:]
        source = self._source
        if source is None or not frames:
            return
        owner = self._owner
        owner.assembly.feed(source, frames)
        if owner.subscribers:
            owner.subscribers.frames(source, frames)
        owner.processed(frames[-1].time_ns)

    def _deposit(self, frames: list[Frame]) -> None:
        self._depositor = True
        try:
            for frame in frames:
                if frame.kind == Kind.DEPOSIT:
                    self._owner.deposits.take(self.transport, frame.payload)
        except DepositRefused as refused:
            self._refuse(str(refused))

    def _ask(self, payload: bytes) -> None:
        """A capture begins once it is on disk that it was made."""
        try:
            asked = msgspec.msgpack.decode(payload, type=CaptureAsked)
        except msgspec.MsgspecError:
            asked = None
        if asked is None or not asked.reason.strip():
            self._refuse("it does not say who wants a capture and why")
            return
        uid = uid_of(self.transport.get_extra_info("socket"))
        made = asked.made(uid, self._owner.clock.wall_ns())
        self._owner.deposits.record(self.transport, [made], self._subscribe)

    def _subscribe(self) -> None:
        owner = self._owner
        self._subscriber = owner.subscribers.add(
            self.transport, owner.assembly.sources.values()
        )
        if self._subscriber is None:
            self._refuse("there are too many subscribers")
        elif self._ended:
            self.transport.close()

    @override
    def eof_received(self) -> bool:
        """A subscriber that has enough gets what it was sent, once it subscribed."""
        self._ended = True
        return self._subscribing and self._subscriber is None

    def _introduce(self, frame: Frame) -> None:
        owner = self._owner
        if frame.kind == Kind.SUBSCRIBE:
            self._subscribing = True
            self._ask(frame.payload)
            return
        try:
            hello = msgspec.msgpack.decode(frame.payload, type=Hello)
        except msgspec.MsgspecError:
            self._refuse("it did not introduce itself")
            return
        if frame.kind != Kind.HELLO or hello.version != VERSION:
            self._refuse(f"it speaks version {hello.version}, not {VERSION}")
            return
        self._source = owner.hello(self, hello)

    def _refuse(self, reason: str) -> None:
        self._owner.refused += 1
        logger.warning("a peer of the tap socket was turned away: %s", reason)
        self.transport.abort()


def uid_of(peer: socket.socket) -> int:
    """The uid of the process that connected."""
    credentials = peer.getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size
    )
    return int(_CREDENTIALS.unpack(credentials)[1])


def own_uids() -> frozenset[int]:
    """The own uid, and root's: who is root needs no socket to forge."""
    return frozenset((os.getuid(), 0))
