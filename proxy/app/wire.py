"""The inside of a wire process: listeners from the config, tapped into the link."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from typing import Any

from addons.master import run_wire
from addons.settings import ClientTls, ListenerSettings, UpstreamTls, WireSettings
from addons.status import WireStatus
from proxy.app.lifetime import reporting, spare_collections, stop_on_signal
from proxy.app.listening import bind
from proxy.app.loops import loop_factory
from proxy.config import Application, ClientCertificates, Config
from proxy.taplink import Limits, TapLink

logger = logging.getLogger(__name__)

PROBE_SECONDS = 2.0
"""How often an application that was not reached is tried again: soon enough for
a person who waits, rare enough for an application that starts."""
SETTLE_SECONDS = 10.0
"""How long a draining wire waits for the recorder to commit its last frames."""


def run(config: Config, index: int, descriptors: dict[str, int]) -> int:
    """Relay until SIGTERM; then drain, and hand the last frames over."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_run(config, index, descriptors))


async def _run(config: Config, index: int, descriptors: dict[str, int]) -> int:
    stop = stop_on_signal()
    sockets: list[socket.socket] = []
    for application in config.applications:
        if application.name not in descriptors:
            sockets.append(bind(application))
            descriptors[application.name] = sockets[-1].fileno()
    link = TapLink(
        config.tap_socket,
        boot=secrets.randbits(63),
        limits=Limits(
            pace_most=config.tap.pace,
            backlog_soft=min(Limits().backlog_soft, config.tap.backlog),
            backlog_hard=config.tap.backlog,
            kept_total=config.tap.kept,
        ),
    )
    figures: dict[str, Any] = {}
    reach = Reach(config)

    def heard(status: WireStatus) -> None:
        figures.update(wire_figures(status))
        reach.heard(status)

    def said() -> dict[str, Any]:
        return {**figures, **link.status(), "unreachable": dict(reach.unreachable)}

    settings = WireSettings(
        listeners=tuple(
            listener(application, descriptors[application.name])
            for application in config.applications
        ),
        drain_seconds=config.drain,
    )
    spare_collections()
    async with reporting(config.status_directory, f"wire-{index}", said):
        linked = asyncio.create_task(link.run(), name="tap link")
        probing = asyncio.create_task(reach.watch(), name="probe")
        try:
            await run_wire(settings, link, stop, heard)
        finally:
            probing.cancel()
            if not await link.close(SETTLE_SECONDS):
                logger.warning(
                    "the recorder did not commit the last frames within %.0f s",
                    SETTLE_SECONDS,
                )
            linked.cancel()
            await asyncio.gather(linked, probing, return_exceptions=True)
            for each in sockets:
                each.close()
    return 0


def listener(application: Application, descriptor: int) -> ListenerSettings:
    """What the wire is told about one application."""
    return ListenerSettings(
        application=application.name,
        fd=descriptor,
        upstream_host=application.upstream.host,
        upstream_port=application.upstream.port,
        tls=(
            None
            if application.tls is None
            else ClientTls(
                certificate=application.tls.certificate,
                key=application.tls.key,
                ask=application.tls.client_certificates is ClientCertificates.REQUEST,
            )
        ),
        upstream_tls=(
            None
            if application.upstream_tls is None
            else UpstreamTls(
                ca=application.upstream_tls.ca,
                server_name=application.upstream_tls.server_name,
            )
        ),
        connect_timeout=application.connect_timeout,
        idle_timeout=application.idle_timeout,
        max_connections=application.max_connections,
        proxy_protocol=application.proxy_protocol,
    )


def wire_figures(status: WireStatus) -> dict[str, Any]:
    """The snapshot's numbers, summed over the listeners."""
    each = status.listeners
    return {
        "connections_open": status.connections_open,
        "connections_total": sum(one.connections_total for one in each),
        "bytes_up": sum(one.bytes_up for one in each),
        "bytes_down": sum(one.bytes_down for one in each),
        "aborted": sum(one.aborted for one in each),
        "connect_failures": sum(one.connect_failures for one in each),
        "handshake_failures": sum(one.handshake_failures for one in each),
        "taps_failed": sum(one.taps_failed for one in each),
        "layer_failures": sum(one.layer_failures for one in each),
        "limit_reached": sum(one.limit_reached for one in each),
        "preambles_missing": sum(one.preambles_missing for one in each),
        "draining": status.draining,
    }


class Reach:
    """Whether each application can be reached, as far as traffic has shown.

    An application nobody has reached yet, or whose last connection failed, is
    tried every two seconds with one bare connection (what a load balancer's
    health check sends, and no byte in it); a reachable one is left alone.
    """

    def __init__(self, config: Config) -> None:
        self._applications = config.applications
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
            for application in self._applications:
                if application.name not in self._reached:
                    await self._try(application)
            await asyncio.sleep(PROBE_SECONDS)

    async def _try(self, application: Application) -> None:
        upstream = application.upstream
        try:
            async with asyncio.timeout(application.connect_timeout):
                _, writer = await asyncio.open_connection(upstream.host, upstream.port)
            writer.close()
        except OSError as error:
            reason = error.strerror or str(error) or "no answer"
            if application.name not in self.unreachable:
                logger.warning(
                    "application %s at %s is not reachable: %s",
                    application.name,
                    upstream,
                    reason,
                )
            self.unreachable[application.name] = reason
        else:
            self._seen(application.name)

    def _seen(self, name: str) -> None:
        self._reached.add(name)
        if self.unreachable.pop(name, None) is not None:
            logger.info("application %s is reachable", name)
