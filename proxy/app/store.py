"""The inside of the embedded store's process."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

from proxy.app.access import password
from proxy.app.lifetime import reporting, stop_on_signal
from proxy.config import Config
from proxy.errors import UsageError
from proxy.keys import secret_or_create
from proxy.store.embedded.server import EmbeddedServer
from proxy.store.embedded.settings import EmbeddedSettings, User

READER = "reader"
READER_PASSWORD = "reader-password"  # noqa: S105  # the name of a file


def run(config: Config) -> int:
    """Serve until SIGTERM.

    Raises:
        UsageError: the config's store is not the embedded one.
        UnavailableError: the port is taken, or another process has the data.
    """
    if not config.store.embedded:
        raise UsageError(
            f"{config.file}: store.embedded is not true; the store at "
            f"{config.store.url} is not this sidecar's to serve"
        )
    return asyncio.run(_run(config))


def settings(config: Config) -> EmbeddedSettings:
    """What the server is told; one user that writes, one that only reads."""
    address = urlsplit(config.store.url)
    return EmbeddedSettings(
        directory=config.store_directory,
        host=address.hostname or "127.0.0.1",
        port=address.port or 8123,
        users=(
            User(config.store.user, password(config), writes=True),
            User(READER, secret_or_create(config.state / READER_PASSWORD)),
        ),
    )


async def _run(config: Config) -> int:
    stop = stop_on_signal()
    server = EmbeddedServer(settings(config))
    await server.start()

    def figures() -> dict[str, Any]:
        return {"url": server.url}

    try:
        async with reporting(config.status_directory, "store", figures):
            await stop.wait()
    finally:
        await server.stop()
    return 0
