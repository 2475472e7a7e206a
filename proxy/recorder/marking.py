"""Open gaps that wires left on disk and did not live to tell: made gaps here.

A marker is removed once its gap is committed. Should the recorder end in between,
the next one records the gap a second time, which says nothing that is not true.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from proxy.clock import Clock
from proxy.recorder import gaps
from proxy.recorder.committer import Committer
from proxy.taplink import markers


class Marking:
    """Watches one directory of markers; None: wires leave none.

    Args:
        directory: shared with the wires.
        committer: takes the gaps.
        clock: tells until when a gap may have lasted.

    """

    def __init__(
        self, directory: Path | None, committer: Committer, clock: Clock
    ) -> None:
        self._directory = directory
        self._committer = committer
        self._clock = clock
        self._due: dict[int, int] = {}
        """Wire boot → how many commits there are once its gap is on disk."""

    def collect(self, living: Iterable[int]) -> None:
        """Record what was left by wires that are not among the living."""
        if self._directory is None:
            return
        for marker in markers.left_behind(self._directory, living):
            if marker.boot not in self._due:
                now_ns = self._clock.wall_ns()
                self._committer.add(gaps.of_marker(marker, now_ns))
                self._due[marker.boot] = self._committer.taken + 1

    def committed(self) -> None:
        """A batch is on disk."""
        if self._directory is None:
            return
        for boot, due in list(self._due.items()):
            if self._committer.commits >= due:
                markers.remove(self._directory, boot)
                del self._due[boot]
