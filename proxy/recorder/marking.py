"""What wires left on disk and did not live to tell: made gaps here.

That is open gaps (``proxy.taplink.markers``) and that they had begun at all
(``proxy.taplink.begun``).

A marker is removed once its gap is committed. Should the recorder end in between,
the next one records the gap a second time, which says nothing that is not true.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from proxy.clock import Clock
from proxy.recorder import gaps, leaving
from proxy.recorder.committer import Committer
from proxy.taplink import begun, markers


class Marking:
    """Watches one directory of markers; None: wires leave none.

    Args:
        directory: shared with the wires.
        committer: takes the gaps.
        clock: tells until when a gap may have lasted.
        grace: seconds that a wire which has begun may take to connect.

    """

    def __init__(
        self,
        directory: Path | None,
        committer: Committer,
        clock: Clock,
        grace: float = 5.0,
    ) -> None:
        self._directory = directory
        self._committer = committer
        self._clock = clock
        self._grace_ns = int(grace * 1e9)
        self._due: dict[int, int] = {}
        """Wire boot → how many commits there are once its gap is on disk."""
        self._known: dict[int, int] = {}
        """The same for what says that it has begun."""

    def collect(self, living: Iterable[int]) -> None:
        """Record what was left by wires that are not among the living."""
        if self._directory is None:
            return
        for marker in markers.left_behind(self._directory, living):
            if marker.boot not in self._due:
                now_ns = self._clock.wall_ns()
                self._committer.add(gaps.of_marker(marker, now_ns))
                self._due[marker.boot] = self._committer.taken + 1

    def introduced(self, boot: int) -> None:
        """The next batch notes this wire in the journal: from then on it is known."""
        if self._directory is not None:
            self._known[boot] = self._committer.taken + 1

    def look(self, living: Iterable[int]) -> None:
        """Record wires that began, and of which no recorder ever heard."""
        if self._directory is None:
            return
        now_ns = self._clock.wall_ns()
        before_ns = now_ns - self._grace_ns
        left = begun.left_behind(self._directory, living, before_ns)
        for boot, since_ns in left.items():
            if boot not in self._known:
                self._committer.add([leaving.of_unknown(boot, since_ns, now_ns)])
                self._known[boot] = self._committer.taken + 1

    def committed(self) -> None:
        """A batch is on disk."""
        if self._directory is None:
            return
        for boot, due in list(self._due.items()):
            if self._committer.commits >= due:
                markers.remove(self._directory, boot)
                del self._due[boot]
        for boot, due in list(self._known.items()):
            if self._committer.commits >= due:
                begun.remove(self._directory, boot)
                del self._known[boot]
