"""How soon the direct path is back when every wire is frozen or dead.

``python -m tests.bench.bypass``: needs root. Each run leads a client that asks on a
new connection all the time, stops or kills every wire, and prints the longest time
between two answers the client got: the fault until the application answered it
directly, request and all.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.support.led_site import guarded, led, site
from tests.support.waiting import until

PROMISED = 2.0


def measure(method: str, number: signal.Signals) -> float:
    """Seconds without an answer."""
    with (
        tempfile.TemporaryDirectory() as directory,
        site(Path(directory), method) as found,
        guarded(found),
        led(found.net.client) as fresh,
    ):
        until(lambda: (found.sidecar.figure("wire-0", "connections_total") or 0) > 5)
        # The supervisor too: it would start another wire within a second.
        supervisor = found.sidecar.process.pid
        os.kill(supervisor, signal.SIGSTOP)
        try:
            os.kill(found.sidecar.pid("wire-0"), number)
            until(lambda: found.whosaw("status").returncode == 1, "nothing is led", 60)
            told = fresh()
        finally:
            with suppress(ProcessLookupError):  # the guard may have ended it
                os.kill(supervisor, signal.SIGCONT)
        return told.longest


def main() -> int:
    """Print a line for each method and fault; 1 if one took longer than promised."""
    worst = 0.0
    for method in ("redirect", "tproxy"):
        for number in (signal.SIGSTOP, signal.SIGKILL):
            seconds = measure(method, number)
            worst = max(worst, seconds)
            print(f"{method:8}  {number.name}  {seconds:.2f} s without an answer")
    print(
        f"worst {worst:.2f} s, promised {PROMISED:.0f} s, load {os.getloadavg()[0]:.1f}"
    )
    return 0 if worst <= PROMISED else 1


if __name__ == "__main__":
    sys.exit(main())
