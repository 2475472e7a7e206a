"""The inside of the admin process: reports in, health and metrics out."""

from __future__ import annotations

import asyncio
import time

from proxy import status
from proxy.admin import AdminSettings, serve
from proxy.app.lifetime import reporting, stop_on_signal
from proxy.config import Config
from proxy.errors import UsageError
from proxy.keys import secret
from proxy.telemetry.exporting import Exporting
from proxy.telemetry.instrument import Reports


def run(config: Config) -> int:
    """Answer and push until SIGTERM.

    Raises:
        UsageError: neither ``admin`` nor ``telemetry`` is configured, or the token
            file is not usable.
        UnavailableError: the address is taken.
    """
    if config.admin is None and config.telemetry is None:
        raise UsageError(f"{config.file}: neither admin nor telemetry is configured")
    return asyncio.run(_run(config))


async def _run(config: Config) -> int:
    stop = stop_on_signal()
    directory = config.status_directory

    def reports() -> Reports:
        now = time.time()
        found = status.read(directory)
        return {r: each for r, each in found.items() if status.alive(each, now)}

    def verdict() -> status.Verdict:
        return status.judge(directory, config.wires, time.time())

    pushed = config.telemetry
    exporting = Exporting(
        reports,
        config.node,
        otlp=pushed.otlp if pushed is not None else "",
        interval=pushed.interval if pushed is not None else 15.0,
    )
    try:
        async with reporting(directory, "admin", dict):
            if config.admin is None:
                await stop.wait()
                return 0
            token = config.admin.token_file
            settings = AdminSettings(
                host=config.admin.listen.host,
                port=config.admin.listen.port,
                token=secret(token) if token is not None else "",
                verdict=verdict,
            )
            await serve(settings, exporting, stop)
    finally:
        await asyncio.to_thread(exporting.close)
    return 0
