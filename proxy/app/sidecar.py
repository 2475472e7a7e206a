"""``whosaw run``: every process a config needs, started in order, kept alive.

Order of starting: store (if embedded), sealer, shipper, recorder, wires; ending
goes the other way round, so that each hands over to one that still runs. Listening
addresses are bound here (or come from the service manager), before anything
starts, and are handed to the wires: a taken port is one clear line, and wires can
be replaced without refusing a connection.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

from proxy import beats, status
from proxy.app import gating, succession, systemd
from proxy.app.access import keys_of, password
from proxy.app.certificates import tls
from proxy.app.lifetime import reporting, stop_on_signal
from proxy.app.listening import bind, check
from proxy.app.rulesets import load_all
from proxy.app.succeeding import Succeeding
from proxy.app.supervisor import CAP_NET_RAW, ChildSpec, Supervisor
from proxy.config import Config
from proxy.keys import load_or_create
from proxy.ownership import make
from proxy.seal_key import load as load_seal_key
from proxy.seal_key import load_or_create as load_or_create_seal_key

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 25.0
"""Grace of recorder, shipper and store: their own bounds are shorter."""


ROLES = (
    "store",
    "sealer",
    "shipper",
    "ldv",
    "across",
    "recorder",
    "wire",
    "detections",
    "canary",
    "questions",
    "admin",
)


def run(
    config: Config,
    roles: frozenset[str] = frozenset(ROLES),
    *,
    only_check: bool = False,
) -> int:
    """Run until SIGTERM.

    Args:
        config: what to run.
        only_check: refuse what would be refused, and start nothing.
        roles: which of ``ROLES`` to run here; the others run elsewhere, around
            the same state directory.

    Raises:
        UsageError: rules, keys, certificates or limits are wrong; nothing was
            started.
        UnavailableError: an address is taken; nothing was started.
    """
    rulesets = load_all(config)
    if "wire" in roles:
        check(config)
    if "questions" in roles and config.asking is not None:
        tls(config.asking)
    make(config.state)
    # A reload that cannot read them would end what runs, and start nothing.
    if config.keys.exists():
        keys_of(config)
    if config.seals.enabled and "sealer" in roles and config.seals.key.exists():
        load_seal_key(config.seals.key)
    if only_check:
        # At a start it keeps nobody from their work: evidence waits in the journal.
        if not config.store.embedded or config.store.password_file.exists():
            password(config)
        return 0
    if "wire" in roles:
        gating.keep(config, gating.of(rulesets))
    load_or_create(config.keys, plain=config.plain_ids)
    if config.seals.enabled and "sealer" in roles:
        load_or_create_seal_key(config.seals.key)
    return asyncio.run(_run(config, roles))


def specs(
    config: Config, descriptors: dict[str, int], first_wire: int = 0
) -> list[ChildSpec]:
    """The processes of a config, in the order of their start."""

    def command(*words: str) -> list[str]:
        return [sys.executable, "-m", "proxy", *words, "--config", str(config.file)]

    def reported(role: str) -> Callable[[], bool]:
        begun = time.time()

        def ready() -> bool:
            report = status.read(config.status_directory).get(role)
            return (
                report is not None
                and report.at >= begun
                and status.alive(report, time.time())
            )

        return ready

    found = []
    if config.store.embedded:
        found.append(
            # Nobody waits for it: evidence does, in the journal, and users must not.
            ChildSpec(
                role="store",
                argv=command("store"),
                grace=FLUSH_SECONDS,
            )
        )
    if config.seals.enabled:
        # Ended after recorder and shipper: their last entries are sealed, too.
        found.append(
            ChildSpec(role="sealer", argv=command("seal"), grace=FLUSH_SECONDS)
        )
    found.append(
        ChildSpec(
            role="shipper",
            argv=command("ship"),
            grace=FLUSH_SECONDS,
        )
    )
    if config.ldv is not None:
        found.append(ChildSpec(role="ldv", argv=command("ldv"), grace=FLUSH_SECONDS))
    if config.across is not None:
        found.append(ChildSpec(role="across", argv=command("attribute-across")))
    found.append(
        ChildSpec(
            role="recorder",
            argv=command("record"),
            grace=FLUSH_SECONDS,
            ready=reported("recorder"),
        )
    )
    listen = [
        word
        for name, number in descriptors.items()
        for word in ("--listen-fd", f"{name}={number}")
    ]
    for index in range(first_wire, first_wire + config.wires):
        role = f"wire-{index}"
        found.append(
            ChildSpec(
                role=role,
                argv=command("wire", "--index", str(index), *listen),
                descriptors=tuple(descriptors.values()),
                grace=config.drain + FLUSH_SECONDS,
                ready=reported(role),
                capabilities=(CAP_NET_RAW,) if config.speaks_for_clients else (),
            )
        )
    if config.canary is not None:
        found.append(ChildSpec(role="canary", argv=command("canary", "--repeat")))
    if config.detections is not None:
        found.append(
            ChildSpec(role="detections", argv=command("detect", "--scheduled"))
        )
    if config.asking is not None:
        found.append(
            ChildSpec(role="questions", argv=command("questions"), grace=FLUSH_SECONDS)
        )
    if config.admin is not None or config.telemetry is not None:
        found.append(ChildSpec(role="admin", argv=command("admin")))
    return found


async def _run(config: Config, roles: frozenset[str]) -> int:
    stop = stop_on_signal()
    estate = succession.take(os.environ)
    sockets = {}
    if "wire" in roles:
        sockets = _sockets(config, estate)
    succeeding = Succeeding(config, estate, sockets)
    descriptors = {name: sock.fileno() for name, sock in sockets.items()}
    supervisor = Supervisor(
        [
            spec
            for spec in specs(config, descriptors, succeeding.first_wire)
            if spec.role.split("-")[0] in roles
        ],
        succeeding.make_room,
    )
    succeeding.supervisor = supervisor
    # Rule sets are read again by the recorder alone.
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(
        signal.SIGHUP, supervisor.forward, "recorder", signal.SIGHUP
    )
    loop.add_signal_handler(signal.SIGUSR2, succeeding.ask)
    async with reporting(config.status_directory, "sidecar", succeeding.figures):
        starting = asyncio.create_task(_start(config, supervisor, succeeding))
        beating = asyncio.create_task(beats.beat(config.state, "sidecar"), name="beat")
        telling = asyncio.create_task(
            _tell(config, None if not succeeding.is_first else starting),
            name="service manager",
        )
        await stop.wait()
        logger.info("stopping")
        systemd.notify(os.environ, STOPPING="1")
        starting.cancel()
        beating.cancel()
        await asyncio.gather(starting, beating, return_exceptions=True)
        await succeeding.stop()
        await supervisor.stop()
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    for sock in sockets.values():
        sock.close()
    return 0


def _sockets(
    config: Config, estate: succession.Estate | None
) -> dict[str, socket.socket]:
    """Those the image before this one held, the service manager's, and our own."""
    names = {each.name for each in config.applications}
    found = {}
    if estate is not None:
        found = {
            name: socket.socket(fileno=number)
            for name, number in estate.sockets.items()
            if name in names
        }
    else:
        found = systemd.handed_over(os.environ, config.applications)
    for each in config.applications:
        if each.name not in found:
            found[each.name] = bind(each)
    return found


async def _start(
    config: Config, supervisor: Supervisor, succeeding: Succeeding
) -> None:
    await supervisor.start()
    succeeding.started()
    for each in config.applications:
        scheme = "https" if each.tls else "http"
        logger.info(
            "application %s: %s://%s is in front of %s",
            each.name,
            scheme,
            each.listen,
            each.upstream,
        )


async def _tell(config: Config, starting: asyncio.Task[None] | None) -> None:
    """Ready when users can be served; from then on alive, and whether recording.

    A successor is ready from the start: the image before it serves on.
    """
    if starting is not None:
        await starting
    systemd.notify(os.environ, READY="1")

    def line() -> str:
        return status.judge(config.status_directory, config.wires, time.time()).line

    await systemd.keep_told(os.environ, line)
