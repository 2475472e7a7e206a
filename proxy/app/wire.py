"""The inside of a wire process: listeners from the config, tapped into the link."""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
import signal
import socket
import time
from typing import Any

from addons.master import run_wire
from addons.settings import WireSettings
from addons.status import WireStatus
from proxy import beats
from proxy.app import gating
from proxy.app.certificates import Certificates
from proxy.app.lifetime import reporting, spare_collections, stop_on_signal
from proxy.app.listening import bind, listener
from proxy.app.loops import loop_factory
from proxy.app.passing import Passing
from proxy.app.reach import Reach
from proxy.config import Config
from proxy.taplink import GateLimits, Limits, TapLink, begun

logger = logging.getLogger(__name__)

SETTLE_SECONDS = 10.0
"""How long a draining wire waits for the recorder to commit its last frames."""


def run(config: Config, index: int, descriptors: dict[str, int]) -> int:
    """Relay until SIGTERM; then drain, and hand the last frames over."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_run(config, index, descriptors))


async def _run(config: Config, index: int, descriptors: dict[str, int]) -> int:
    stop = stop_on_signal()
    succeeded = _succeeded_on_signal(stop)
    sockets: list[socket.socket] = []
    for application in config.applications:
        if application.name not in descriptors:
            sockets.append(bind(application))
            descriptors[application.name] = sockets[-1].fileno()
    boot = secrets.randbits(63)
    marks = gating.directory(config)
    begun.write(marks, boot, time.time_ns())
    link = TapLink(
        config.tap_socket,
        boot=boot,
        limits=Limits(
            pace_most=config.tap.pace,
            backlog_soft=min(Limits().backlog_soft, config.tap.backlog),
            backlog_hard=config.tap.backlog,
            kept_total=config.tap.kept,
        ),
        gates=gating.kept(config),
        gate_limits=GateLimits(
            deadline=config.gate.deadline,
            connection=config.gate.connection,
            total=config.gate.total,
        ),
        markers=marks,
    )
    passing = Passing(config.state, link)
    passing.look()
    figures: dict[str, Any] = {}
    reach = Reach(config)
    certificates = Certificates(config)

    def heard(status: WireStatus) -> None:
        figures.update(wire_figures(status))
        reach.heard(status)

    def said() -> dict[str, Any]:
        return {
            **figures,
            **link.status(),
            "unreachable": dict(reach.unreachable),
            "certificates": certificates.figures(),
            "bypass": passing.told,
        }

    settings = WireSettings(
        listeners=tuple(
            listener(application, descriptors[application.name])
            for application in config.applications
        ),
        drain_seconds=config.drain,
        handover_seconds=config.handover,
    )
    spare_collections()
    async with reporting(config.status_directory, f"wire-{index}", said):
        linked = asyncio.create_task(link.run(), name="tap link")
        watching = (
            asyncio.create_task(reach.watch(), name="probe"),
            asyncio.create_task(passing.watch(), name="bypass"),
            asyncio.create_task(beats.beat(config.state, f"wire-{index}"), name="beat"),
        )
        try:
            await run_wire(settings, link, stop, heard, succeeded)
        finally:
            for task in watching:
                task.cancel()
            if await link.close(SETTLE_SECONDS):
                begun.remove(marks, boot)
            else:
                logger.warning(
                    "the recorder did not commit the last frames within %.0f s",
                    SETTLE_SECONDS,
                )
            linked.cancel()
            await asyncio.gather(linked, *watching, return_exceptions=True)
            for each in sockets:
                each.close()
    return 0


def _succeeded_on_signal(stop: asyncio.Event) -> asyncio.Event:
    """An event that SIGUSR1 sets: others accept, so the drain has time."""
    succeeded = asyncio.Event()
    loop = asyncio.get_running_loop()

    def say(*, patient: bool) -> None:
        (succeeded.set if patient else succeeded.clear)()
        stop.set()

    loop.add_signal_handler(signal.SIGUSR1, functools.partial(say, patient=True))
    loop.add_signal_handler(signal.SIGTERM, functools.partial(say, patient=False))
    return succeeded


def wire_figures(status: WireStatus) -> dict[str, Any]:
    """The snapshot's numbers, summed over the listeners."""
    each = status.listeners
    return {
        "connections_open": status.connections_open,
        "connections_total": sum(one.connections_total for one in each),
        "bytes_by": [
            ["receive", sum(one.bytes_up for one in each)],
            ["transmit", sum(one.bytes_down for one in each)],
        ],
        "bytes_up": sum(one.bytes_up for one in each),
        "bytes_down": sum(one.bytes_down for one in each),
        "aborted": sum(one.aborted for one in each),
        "connect_failures": sum(one.connect_failures for one in each),
        "handshake_failures": sum(one.handshake_failures for one in each),
        "taps_failed": sum(one.taps_failed for one in each),
        "layer_failures": sum(one.layer_failures for one in each),
        "limit_reached": sum(one.limit_reached for one in each),
        "preambles_missing": sum(one.preambles_missing for one in each),
        "strays": sum(one.strays for one in each),
        "certificates_refused": {
            one.application: one.certificate_refused
            for one in each
            if one.certificate_refused
        },
        "draining": status.draining,
    }
