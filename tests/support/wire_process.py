"""A wire as a process of its own: ``python -m tests.support.wire_process FD PORT``.

Prints ``ready``; drains on SIGTERM and prints the number of connections it had
accepted, and how many of them it aborted.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from addons.master import loop_factory, run_wire
from addons.settings import ListenerSettings, WireSettings
from addons.status import WireStatus
from tests.support.taps import MemorySource


async def _main(fd: int, port: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    listener = ListenerSettings(
        application="app", fd=fd, upstream_host="127.0.0.1", upstream_port=port
    )
    told = False

    def status(_: WireStatus) -> None:
        nonlocal told
        if not told:
            told = True
            print("ready", flush=True)

    settings = WireSettings(
        listeners=(listener,), drain_seconds=10.0, quiet_seconds=0.2
    )
    last = (await run_wire(settings, MemorySource(), stop, status)).listeners[0]
    print(last.connections_total, last.aborted, flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_main(int(sys.argv[1]), int(sys.argv[2])))
