"""Which applications answer, as far as a wire knows."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl

from addons import tls
from addons.status import WireStatus
from proxy.app.listening import listener
from proxy.config import Application, Config

logger = logging.getLogger(__name__)

PROBE_SECONDS = 2.0
"""How often an application that was not reached is tried again: soon enough for
a person who waits, rare enough for an application that starts."""


class Reach:
    """Whether each application can be reached, as far as traffic has shown.

    An application nobody has reached yet, or whose last connection failed, is
    tried every two seconds with one bare connection (what a load balancer's
    health check sends: no byte in it, or only TLS's own, which also proves the
    application's name); a reachable one is left alone.
    """

    def __init__(self, config: Config) -> None:
        self._applications = config.applications
        self._tls = {each.name: _tls(each) for each in config.applications}
        self.unreachable: dict[str, str] = {}
        self._reached: set[str] = set()

    def heard(self, status: WireStatus) -> None:
        """Take over what the listeners saw."""
        for each in status.listeners:
            if each.last_connect_error_ns > each.connected_ns:
                self._reached.discard(each.application)
            elif each.connected_ns:
                self._seen(each.application)

    async def watch(self) -> None:
        """Probe what is not known to be reachable, until cancelled."""
        while True:
            async with asyncio.TaskGroup() as tries:
                for application in self._applications:
                    if application.name not in self._reached:
                        tries.create_task(self._try(application))
            await asyncio.sleep(PROBE_SECONDS)

    async def _try(self, application: Application) -> None:
        upstream, secure = application.upstream, application.upstream_tls
        name = None if secure is None else secure.server_name
        try:
            async with asyncio.timeout(application.connect_timeout):
                _, writer = await asyncio.open_connection(
                    upstream.host,
                    upstream.port,
                    ssl=self._tls[application.name],
                    server_hostname=name,
                )
            writer.transport.abort()
        except OSError as error:
            why = _reason(error)
            if application.name not in self.unreachable:
                logger.warning(
                    "application %s at %s is not reachable: %s",
                    application.name,
                    upstream,
                    why,
                )
            self.unreachable[application.name] = why
        else:
            self._seen(application.name)

    def _seen(self, name: str) -> None:
        self._reached.add(name)
        if self.unreachable.pop(name, None) is not None:
            logger.info("application %s is reachable", name)


def _reason(error: OSError) -> str:
    if error.errno and not isinstance(error, ssl.SSLError):
        # Loops put other words and addresses into the exception's own text.
        return os.strerror(error.errno)
    return tls.reason(error)


def _tls(application: Application) -> ssl.SSLContext | None:
    settings = listener(application, 0).upstream_tls
    return None if settings is None else tls.upstream_context(settings)
