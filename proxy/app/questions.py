"""The inside of the question service's process: it alone needs the keys to answer.

Its inquiries are a journal of its own (``proxy.app.inquiries``), under a node name of
its own.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from typing import Any

from aiohttp import web

from proxy.app.access import keys_of, store_client
from proxy.app.certificates import tls
from proxy.app.inquiries import Inquiries
from proxy.app.lifetime import reporting, stop_on_signal
from proxy.asking.people import People
from proxy.asking.server import Service
from proxy.clock import SystemClock
from proxy.config import Config
from proxy.config.model import Asking
from proxy.errors import UnavailableError, UsageError
from proxy.seal_key import load_or_create

logger = logging.getLogger(__name__)

DELIVER_SECONDS = 1.0


def node_of(config: Config) -> str:
    """The name its rows carry: no sidecar's."""
    return f"{config.node}-questions"


def run(config: Config) -> int:
    """Answer until SIGTERM.

    Raises:
        UsageError: no ``questions`` in the config, or a file cannot be used.
        UnavailableError: the address is taken, or another service has the journal.
    """
    if config.asking is None:
        raise UsageError(f"{config.file}: there is no 'questions:' in it")
    keys_of(config)
    return asyncio.run(_run(config, config.asking))


async def _run(config: Config, asking: Asking) -> int:
    stop = stop_on_signal()
    context = tls(asking)
    shipping, asked = store_client(config), store_client(config)
    inquiries = Inquiries(
        config.inquiry_directory,
        node_of(config),
        shipping,
        load_or_create(config.seals.key) if config.seals.enabled else None,
    )
    service = Service(
        people=People(asking.people),
        keys=lambda: keys_of(config),
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
