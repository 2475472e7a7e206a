"""The inside of the question service's process: it alone needs the keys to answer.

Its inquiries are a journal of its own, with a node name of its own, shipped and sealed
like a sidecar's; all three here, because it commits a few times a minute.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from pathlib import Path
from typing import Any

from aiohttp import web

from proxy.app.access import store_client
from proxy.app.lifetime import reporting, stop_on_signal
from proxy.asking.people import People
from proxy.asking.server import Service
from proxy.clock import SystemClock
from proxy.config import Config
from proxy.config.model import Asking
from proxy.errors import UnavailableError, UsageError, WhosawError
from proxy.events import encode
from proxy.events.custody import InquiryRecorded
from proxy.journal import Batch, Journal, JournalReader, Limits
from proxy.journal.cursor import CURSOR, SEALED, Cursor, CursorDamaged, load
from proxy.keys import load as load_keys
from proxy.seal_key import load_or_create
from proxy.sealing.delivery import deliver
from proxy.sealing.sealer import Sealer
from proxy.sealing.shelf import Shelf
from proxy.shipper import Shipper, ShipperSettings
from proxy.store.client import ClickHouseStore
from proxy.store.port import StoreRejected, StoreUnavailable

logger = logging.getLogger(__name__)

MOST_BYTES = 256 << 20
"""Of the journal: some hundred thousand inquiries while the store is away."""
DELIVER_SECONDS = 1.0


def node_of(config: Config) -> str:
    """The name its rows carry: no sidecar's."""
    return f"{config.node}-questions"


class Inquiries:
    """The journal of inquiries, and its way into the store.

    Args:
        config: names directories and the key of seals.
        store: where they go.
        limits: bounds of the journal.

    """

    def __init__(
        self, config: Config, store: ClickHouseStore, limits: Limits | None = None
    ) -> None:
        base = config.inquiry_directory
        directory = base / "journal"
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        clock = SystemClock()
        self.journal = Journal.open(
            directory,
            node_of(config),
            limits or Limits(total_bytes=MOST_BYTES),
            clock=clock,
        )
        reader = JournalReader(directory)
        settings = ShipperSettings(rejected=base / "rejected")
        self.shipper = Shipper(settings, reader, store, clock, directory / CURSOR)
        self.error = ""
        self._store = store
        self._cursor: Path = directory / CURSOR
        self._shelf = Shelf(base / "seals")
        self._sealer: Sealer | None = None
        if config.seals.enabled:
            key = load_or_create(config.seals.key)
            self._sealer = Sealer(
                JournalReader(directory), self._shelf, key, clock, directory / SEALED
            )

    def record(self, inquiry: InquiryRecorded) -> None:
        """Have it on disk; any thread.

        Raises:
            JournalFull, JournalFailed: it is not.
        """
        self.journal.commit(Batch(events=[encode(inquiry)]))

    def seal(self) -> None:
        """Seal what is there, and bring seals to the store; trouble is told."""
        if self._sealer is None:
            return
        try:
            self._sealer.period()
            cursor = load(self._cursor) or Cursor()
            deliver(self._shelf, self._store, (cursor.epoch, cursor.shipped))
        except (
            *(StoreUnavailable, StoreRejected, CursorDamaged),
            *(WhosawError, OSError),
        ) as error:
            self.error = str(error) or type(error).__name__
        else:
            self.error = ""

    def close(self) -> None:
        """Close the journal in order."""
        self.journal.close()


def run(config: Config) -> int:
    """Answer until SIGTERM.

    Raises:
        UsageError: no ``questions`` in the config, or a file cannot be used.
        UnavailableError: the address is taken, or another service has the journal.
    """
    if config.asking is None:
        raise UsageError(f"{config.file}: there is no 'questions:' in it")
    load_keys(config.keys)
    return asyncio.run(_run(config, config.asking))


async def _run(config: Config, asking: Asking) -> int:
    stop = stop_on_signal()
    context = _tls(asking)
    shipping, asked = store_client(config), store_client(config)
    inquiries = Inquiries(config, shipping)
    service = Service(
        people=People(asking.people),
        keys=lambda: load_keys(config.keys),
        store=asked,
        record=inquiries.record,
        clock=SystemClock(),
    )
    ended = threading.Event()
    moving = asyncio.create_task(asyncio.to_thread(inquiries.shipper.run, ended))

    def figures() -> dict[str, Any]:
        said = inquiries.shipper.status()
        told = {key: said[key] for key in ("last_error",) if key in said}
        return {**service.figures(), **told, "seal_error": inquiries.error}

    runner = web.AppRunner(service.application(), access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    try:
        async with reporting(config.status_directory, "questions", figures):
            await _listen(runner, asking, context)
            await _sealing(config, inquiries, stop)
    finally:
        await runner.cleanup()
        ended.set()
        await moving
        await asyncio.to_thread(inquiries.seal)
        inquiries.close()
        shipping.close()
        asked.close()
    return 0


async def _listen(
    runner: web.AppRunner, asking: Asking, context: ssl.SSLContext | None
) -> None:
    host, port = asking.listen.host, asking.listen.port
    site = web.TCPSite(runner, host, port, backlog=64, ssl_context=context)
    try:
        await site.start()
    except OSError as error:
        raise UnavailableError(
            f"{host}:{port}: the question service cannot listen: {error.strerror}"
        ) from error
    scheme = "http" if context is None else "https"
    bound = runner.addresses[0][1]
    logger.info("question service: %s://%s:%d", scheme, host, bound)


async def _sealing(config: Config, inquiries: Inquiries, stop: asyncio.Event) -> None:
    """Seal every period until ``stop``; what waits for its rows a second later."""
    every = max(min(config.seals.every, 60.0), DELIVER_SECONDS)
    while not stop.is_set():
        await asyncio.to_thread(inquiries.seal)
        try:
            async with asyncio.timeout(every):
                await stop.wait()
        except TimeoutError:
            continue


def _tls(asking: Asking) -> ssl.SSLContext | None:
    if asking.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(asking.certificate, asking.key)
    except OSError as error:
        raise UsageError(
            f"{asking.certificate}: no certificate with its key: {error}"
        ) from error
    return context
