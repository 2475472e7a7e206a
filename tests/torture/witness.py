"""Looks into the journal while others write it, and remembers what it saw.

What it saw was committed: whatever happens afterwards, it has to be in the store.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from proxy.errors import WhosawError
from proxy.events import Event, ViewRecorded, decode
from proxy.journal import JournalReader

Place = tuple[int, int]
"""Epoch and sequence number."""


class Witness:
    """One journal. Not knowing more than before is never an error."""

    def __init__(self, directory: Path) -> None:
        self.events: dict[Place, Event] = {}
        self.digests: dict[Place, bytes] = {}
        self.changed: list[Place] = []
        """Entries that said something else when they were read again."""
        self.subjects: set[bytes] = set()
        """Of every view."""
        self._reader = JournalReader(directory)
        self._after: dict[int, int] = {}

    def look(self) -> None:
        """Take in what was committed since the last look."""
        try:
            for epoch in self._reader.epochs():
                while entries := self._reader.read(
                    epoch, self._after.get(epoch, 0), 2000
                ):
                    for entry in entries:
                        self._take((epoch, entry.seq), entry.body)
                    self._after[epoch] = entries[-1].seq
        except WhosawError:
            return

    def shows(self, subject: bytes) -> bool:
        """Whether a view of this subject is committed."""
        if subject not in self.subjects:
            self.look()
        return subject in self.subjects

    def again(self) -> None:
        """Read everything that is still there once more, and compare."""
        self._after.clear()
        self.look()

    def _take(self, place: Place, body: bytes) -> None:
        digest = hashlib.blake2b(body, digest_size=16).digest()
        if self.digests.setdefault(place, digest) != digest:
            self.changed.append(place)
        event = self.events[place] = decode(body)
        if isinstance(event, ViewRecorded):
            self.subjects.add(event.subject)
