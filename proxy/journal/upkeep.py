"""The journal's own thread: what no commit should wait for."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable


class Upkeep:
    """Calls ``work`` every ``seconds`` and whenever it is woken."""

    def __init__(self, work: Callable[[], None], *, seconds: float) -> None:
        self.failures = 0
        """Rounds that a fault of the disk ended; the next one tries again."""
        self._work = work
        self._seconds = seconds
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="journal-upkeep", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Do a round now."""
        self._wake.set()

    def stop(self) -> None:
        """End after the round that is running."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._wake.wait(self._seconds)
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                self._work()
            except (sqlite3.Error, OSError):
                # Nothing is lost by it: logs grow to their bound, and a commit
                # then does the work itself and reports the fault.
                self.failures += 1
