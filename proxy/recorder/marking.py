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
        self._done: set[int] = set()
        """Those whose file was taken away, as long as they live."""

    def collect(self, living: Iterable[int]) -> None:
        """Record what was left by wires that are not among the living."""
        if self._directory is None:
            return
        for marker in markers.left_behind(self._directory, living):
            if marker.boot not in self._due:
                now_ns = self._clock.wall_ns()
                self._committer.add(gaps.of_marker(marker, now_ns))
                self._due[marker.boot] = self._committer.taken + 1

    def noted(self, boot: int) -> None:
        """The next batch notes in the journal how far this wire has told: if it is
        lost from then on, that is known."""
        if self._directory is not None and boot not in self._done:
            self._known[boot] = self._committer.taken + 1
            self._done.add(boot)

    def look(self, living: Iterable[int]) -> None:
        """Record wires that began and ended before the journal knew of them."""
        if self._directory is None:
            return
        now_ns = self._clock.wall_ns()
        before_ns = now_ns - self._grace_ns
        living = set(living)
        self._done &= living
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
