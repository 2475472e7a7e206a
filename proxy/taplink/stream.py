"""The socket to the recorder: callbacks of the event loop, and flow control."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol, cast

from typing_extensions import override

from proxy.taplink.limits import Counters, Limits
from proxy.tapstream import Frame, FrameDecoder, StreamBroken

logger = logging.getLogger(__name__)


class Link(Protocol):
    """What a stream needs of its link."""

    limits: Limits
    counters: Counters

    def attach(self, stream: Stream) -> None:
        """A recorder is there."""

    def detach(self, stream: Stream) -> None:
        """The recorder is gone."""

    def received(self, frame: Frame) -> None:
        """One frame of the recorder."""

    def resume(self) -> None:
        """The socket takes more."""


class Stream(asyncio.Protocol):
    """The socket's callbacks; everything else is the link's."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._decoder = FrameDecoder()
        self.transport: asyncio.Transport
        self.paused = False
        self.gone = asyncio.Event()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=self._link.limits.slice)
        self._link.attach(self)

    @override
    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._decoder.feed(data):
                self._link.received(frame)
        except StreamBroken:
            self._link.counters.malformed += 1
            logger.warning("the recorder sent what is no frame; connecting anew")
            self.transport.abort()

    @override
    def pause_writing(self) -> None:
        self.paused = True

    @override
    def resume_writing(self) -> None:
        self.paused = False
        self._link.resume()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._link.detach(self)
        self.gone.set()
