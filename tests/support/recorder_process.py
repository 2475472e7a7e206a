"""A recorder as a process of its own: ``python -m tests.support.recorder_process``.

Arguments: socket path, journal directory, and optionally a rule set, else nothing is
decided (``PlainPipeline``). Ends in order on SIGTERM.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from proxy.attribution.sessions import Sessions
from proxy.clock import SystemClock
from proxy.journal import Journal
from proxy.pipeline import Keys, Pipeline
from proxy.recorder import Limits, Recorder, RecorderSettings
from proxy.recorder.deciding import Application
from proxy.ruleset import RuleSet, load
from tests.support.pipelines import PlainPipeline


def _application() -> Application:
    if len(sys.argv) <= 3:
        return PlainPipeline()
    path = Path(sys.argv[3])
    ruleset = load(path.read_bytes(), path.name)
    assert isinstance(ruleset, RuleSet), str(ruleset)
    keys = Keys(session=b"s" * 32, subject=b"p" * 32, subject_key_id=1)
    return Pipeline(ruleset, Sessions(), keys)


async def _record(socket_path: Path, journal: Journal) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = RecorderSettings(
        socket_path=socket_path,
        applications={"sonar": _application()},
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
