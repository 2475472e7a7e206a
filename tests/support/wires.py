"""A wire in a thread of this process, with a listening socket per application."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from addons.master import Wire, loop_factory
from addons.settings import ListenerSettings, WireSettings
from addons.status import ListenerStatus, WireStatus
from proxy.tapstream import TapSource
from tests.support.waiting import until


def listening(backlog: int = 4096) -> socket.socket:
    """A socket that listens on a free port of the loopback address."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen(backlog)
    return sock


def port_of(sock: socket.socket) -> int:
    """The port it is bound to."""
    port: int = sock.getsockname()[1]
    return port


Loop = Callable[[], asyncio.AbstractEventLoop]


class RunningWire:
    """``with RunningWire(...) as wire``: relays until the block is left."""

    def __init__(
        self,
        source: TapSource,
        listeners: Sequence[ListenerSettings],
        *,
        loop: Loop | None = None,
        drain_seconds: float = 1.0,
        quiet_seconds: float = 0.1,
    ) -> None:
        self.settings = WireSettings(
            listeners=tuple(listeners),
            drain_seconds=drain_seconds,
            quiet_seconds=quiet_seconds,
            status_seconds=0.05,
        )
        self.wire: Wire
        self.aborted_by_drain = -1
        self.loop: asyncio.AbstractEventLoop
        self._source = source
        self._factory = loop or loop_factory()
        self._stop: asyncio.Event
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._factory) as runner:
                runner.run(self._main())
        except BaseException as error:  # noqa: BLE001  # raised again in __enter__
            self._failed = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self.wire = Wire(self.settings, self._source)
        await self.wire.start()
        self._ready.set()
        await self._stop.wait()
        await self.wire.stop()
        self.aborted_by_drain = await self.wire.drain()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self.join()
        if error is None and self._failed is not None:
            raise self._failed

    def stop(self) -> None:
        """Ask for the drain."""
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stop.set)

    def join(self) -> None:
        """Wait until the drain is over."""
        self._thread.join(30)
        assert not self._thread.is_alive(), "the wire did not end"

    def status(self) -> WireStatus:
        """A snapshot, taken on the wire's own loop."""

        async def ask() -> WireStatus:
            return self.wire.status()

        return asyncio.run_coroutine_threadsafe(ask(), self.loop).result(10)

    def listener(self, index: int = 0) -> ListenerStatus:
        """The snapshot of one listener."""
        return self.status().listeners[index]

    def until_idle(self) -> None:
        """Wait until no connection is open."""
        until(lambda: self.status().connections_open == 0, "no connection is open")
