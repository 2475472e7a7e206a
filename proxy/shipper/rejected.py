"""Rows the store refused, kept on disk with the reason.

Format: ``rejected/<table>.jsonl`` (0600, directory 0700), one JSON object a
line: node, epoch, seq (or first and last of a range that cannot be read),
reason, ``event`` to be read by people and ``body`` (base64), the entry's very
bytes, to ship it again. ``unreadable.jsonl`` has what no table could be found
for. A line may stand there twice after a crash: node, epoch and seq tell. One that
was cut by a crash or a full disk stands alone; what it was to say comes after it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from proxy.events import decode
from proxy.journal.layout import sync_directory
from proxy.journal.model import Entry, SegmentDamaged
from proxy.shipper.model import RejectedFull

UNREADABLE = "unreadable"

_MAX_REASON = 500
"""Characters of a reason: a store's message may repeat the statement."""


class Rejected:
    """The directory of rejected rows."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        self._directory = directory
        self._max_bytes = max_bytes

    def keep(
        self, table: str, node: str, epoch: int, entries: Iterable[tuple[Entry, str]]
    ) -> None:
        """Write entries with their reasons durably.

        Raises:
            RejectedFull: the bound is reached; nothing was written.
            OSError: the disk failed.
        """
        self._append(
            table,
            [
                {
                    "node": node,
                    "epoch": epoch,
                    "seq": entry.seq,
                    "reason": reason[:_MAX_REASON],
                    "event": _readable(entry.body),
                    "body": entry.body,
                }
                for entry, reason in entries
            ],
        )

    def keep_damage(self, node: str, damaged: SegmentDamaged) -> None:
        """Note a range that is on the journal's disk and cannot be read.

        Raises:
            As ``keep``.
        """
        self._append(
            UNREADABLE,
            [
                {
                    "node": node,
                    "epoch": damaged.epoch,
                    "first": damaged.first,
                    "last": damaged.last,
                    "reason": damaged.reason[:_MAX_REASON],
                }
            ],
        )

    def _append(self, table: str, lines: list[dict[str, object]]) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        held = sum(path.stat().st_size for path in self._directory.iterdir())
        if held + len(text) > self._max_bytes:
            raise RejectedFull(
                f"{self._directory} holds {held} bytes of rejected rows and may hold"
                f" {self._max_bytes}: look at the reasons in it, mend the cause and"
                " move the files away"
            )
        path = self._directory / f"{table}.jsonl"
        descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                text = b"\n" + text
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        sync_directory(self._directory)


def _readable(body: bytes) -> object:
    try:
        return msgspec.to_builtins(decode(body))
    except msgspec.MsgspecError:
        return None
