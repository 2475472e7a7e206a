"""A recorder as a process of its own: ``python -m tests.support.recorder_process``.

Arguments: socket path, journal directory. Ends in order on SIGTERM.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from proxy.clock import SystemClock
from proxy.journal import Journal
from proxy.recorder import Limits, Recorder, RecorderSettings
from tests.support.pipelines import PlainPipeline


async def _record(socket_path: Path, journal: Journal) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = RecorderSettings(
        socket_path=socket_path,
        applications={"sonar": PlainPipeline()},
        journal=journal,
        limits=Limits(commit_delay=0.001, wire_grace=30),
    )
    await Recorder(settings).run(stop)


def main() -> None:
    """Open the journal, record until SIGTERM."""
    journal = Journal.open(Path(sys.argv[2]), "test", clock=SystemClock())
    with journal:
        asyncio.run(_record(Path(sys.argv[1]), journal))


if __name__ == "__main__":
    main()
