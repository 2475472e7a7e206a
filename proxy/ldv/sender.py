"""The journal as lines to a receiver: at least once, in order, by a mark of its own.

Invariants:

* the mark moves only over entries whose lines were acknowledged, refused for good,
  or have none; it is durable before the next request;
* a line has the same ids whenever it is sent, so that a receiver that keeps one of
  each ends with each once;
* the journal keeps what lies behind neither mark, as long as it has room. What was
  unlinked or damaged before it was sent is counted (``lost``).

What an answer means: success, with a count of lines that were not taken (OTLP's
partial success: they must not be sent again and are noted); 400 and 413 that
the request will never be taken: it is halved until one line is left, which is noted;
all else, and no answer, that the same is to be sent again, after a pause that
doubles or that the receiver asks for.

Format of the notes (``rejected``): a JSON object a line; place of the batch, how many
lines, what was said. Never more than ``MOST_NOTES`` bytes; more is only counted.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from proxy.events import decode
from proxy.journal import JournalReader, SegmentDamaged
from proxy.journal.cursor import Cursor, CursorDamaged, load, save
from proxy.ldv.lines import Line, line
from proxy.ldv.otlp import MOST_MESSAGE, refused, request
from proxy.ldv.receiver import Receiver, Unreachable

LINES = 500
"""Of one request, about 300 kB: a receiver's usual bound is 4 MB."""
MOST_NOTES = 10_000_000
"""Bytes of notes; a receiver that takes nothing would fill the disk."""
PAUSE_FIRST, PAUSE_MOST = 1.0, 60.0
"""Seconds before the same is sent again."""
_NEVER = frozenset((400, 413))
_FIRST_SUCCESS, _LAST_SUCCESS = 200, 299


@dataclass(slots=True)
class Figures:
    """What was done since the start."""

    lines: int = 0
    """Acknowledged."""
    rejected: int = 0
    """Not taken by the receiver, for good."""
    lost: int = 0
    """Entries that were gone, or unreadable, before they were sent."""
    retries: int = 0
    error: str = ""
    """Why nothing moves, if so."""


class _Again(Exception):
    """The same must be sent again."""

    def __init__(self, why: str, pause: float) -> None:
        super().__init__(why)
        self.pause = pause


class Sender:
    """Sends one journal's lines."""

    def __init__(
        self, reader: JournalReader, receiver: Receiver, mark: Path, rejected: Path
    ) -> None:
        self.figures = Figures()
        self._reader = reader
        self._receiver = receiver
        self._mark = mark
        self._rejected = rejected
        self._position: Cursor | None = None
        self._pause = PAUSE_FIRST

    @property
    def position(self) -> tuple[int, int]:
        """Epoch and sequence up to which everything was sent."""
        at = self._position or Cursor()
        return at.epoch, at.shipped

    async def round(self) -> float:
        """Send what can be sent at once; seconds to wait before the next round.

        0 when there is more. Raises OSError and JournalFailed when the disk fails:
        call again.
        """
        at = self._begin()
        # Epochs first: all but the newest have ended when they are read.
        epochs = [each for each in self._reader.epochs() if each >= at.epoch]
        try:
            entries = self._reader.read(at.epoch, at.shipped, LINES)
        except SegmentDamaged as damaged:
            self._pass_over(at, damaged.last)
            return 0.0
        if not entries:
            later = [each for each in epochs if each > at.epoch]
            if not later:
                return PAUSE_FIRST
            self._move(Cursor(epoch=later[0]))
            return 0.0
        if entries[0].seq > at.shipped + 1:
            self.figures.lost += entries[0].seq - at.shipped - 1
        node = self._reader.node(at.epoch)
        lines = []
        for entry in entries:
            try:
                found = line(decode(entry.body), node, at.epoch, entry.seq)
            except (msgspec.MsgspecError, ValueError):
                self.figures.lost += 1
                continue
            if found is not None:
                lines.append(found)
        place = f"{node}:{at.epoch}:{entries[0].seq}-{entries[-1].seq}"
        try:
            if lines:
                await self._send(lines, place)
        except _Again as again:
            self.figures.retries += 1
            self.figures.error = str(again)
            pause, self._pause = self._pause, min(2 * self._pause, PAUSE_MOST)
            return max(pause, min(again.pause, PAUSE_MOST))
        self.figures.error = ""
        self._pause = PAUSE_FIRST
        last = entries[-1].seq
        self._move(Cursor(epoch=at.epoch, shipped=last, counted=last))
        return 0.0

    def _begin(self) -> Cursor:
        """Where the mark stands; without a usable one at the journal's beginning."""
        if self._position is None:
            try:
                found = load(self._mark)
            except CursorDamaged:
                found = None
            self._move(found or self._beginning())
        assert self._position is not None
        return self._position

    def _beginning(self) -> Cursor:
        for name in self._reader.segments():
            before = name.first - 1
            return Cursor(epoch=name.epoch, shipped=before, counted=before)
        return Cursor()

    def _move(self, to: Cursor) -> None:
        self._mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        save(self._mark, to)
        self._position = to

    def _pass_over(self, at: Cursor, last: int) -> None:
        self.figures.lost += last - at.shipped
        self._move(Cursor(epoch=at.epoch, shipped=last, counted=last))

    async def _send(self, lines: list[Line], place: str) -> None:
        try:
            answer = await self._receiver.post(request(lines))
        except Unreachable as error:
            raise _Again(f"the receiver does not answer ({error})", 0.0) from error
        if _FIRST_SUCCESS <= answer.status <= _LAST_SUCCESS:
            said = refused(answer.body)
            number = min(said.lines, len(lines))
            self.figures.lines += len(lines) - number
            if number:
                self._note(place, number, len(lines), said.message)
        elif answer.status in _NEVER and len(lines) > 1:
            middle = len(lines) // 2
            await self._send(lines[:middle], place)
            await self._send(lines[middle:], place)
        elif answer.status in _NEVER:
            said_text = answer.body.decode("utf-8", "replace")[:MOST_MESSAGE]
            self._note(place, 1, 1, f"HTTP {answer.status}: {said_text}")
        else:
            raise _Again(
                f"the receiver answers HTTP {answer.status}", answer.retry_after
            )

    def _note(self, place: str, number: int, of: int, message: str) -> None:
        self.figures.rejected += number
        note = {"entries": place, "rejected": number, "of": of, "said": message}
        data = msgspec.json.encode(note) + b"\n"
        made = os.open(self._rejected, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if os.fstat(made).st_size + len(data) <= MOST_NOTES:
                os.write(made, data)
                os.fsync(made)
        finally:
            os.close(made)
