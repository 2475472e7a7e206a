"""Reading a journal whole, for tests."""

from __future__ import annotations

from pathlib import Path

from proxy.journal import Entry, JournalReader


def everything(directory: Path) -> dict[int, list[Entry]]:
    """All entries by epoch, read in small pieces."""
    reader = JournalReader(directory)
    found: dict[int, list[Entry]] = {}
    for epoch in reader.epochs():
        entries: list[Entry] = []
        while more := reader.read(epoch, entries[-1].seq if entries else 0, 97):
            entries += more
        found[epoch] = entries
    return found


def assert_gapless(entries: list[Entry], first: int = 1) -> None:
    """Sequence numbers are first, first + 1, ... without a hole."""
    assert list(range(first, first + len(entries))) == [e.seq for e in entries]
