"""The journal: the durable queue on the sidecar's own disk.

Purpose: keep every event from the moment it was decided until the store has
been counted to hold it, through any crash of any process.

Format: a directory (0700) of SQLite segments, named by epoch and first sequence
number (``layout``), each with the tables of ``segment.SCHEMA``; a ``lock`` file;
and the shipper's ``shipped.json`` (``cursor``), which the journal only reads.

Invariants:

* Only the recorder's process writes segments; a file lock holds it to one.
* ``commit`` returns after fsync (WAL, ``synchronous=FULL``): durable first, then
  acknowledged. Events, session changes and progress of a batch are one
  transaction.
* Sequence numbers are given at commit and are gapless per (node, epoch). A
  failed commit changes nothing, in memory or on disk.
* An epoch is never reused: it is a time in ms, greater than any found before.
* A segment is unlinked only when the cursor says that all of it was counted in
  the store, and, once sealing has begun, the sealer's mark that it is sealed, and,
  once lines for citizens are sent, their mark that its lines were; when there is no
  more room, the first is enough.
* Checkpoints, tidying and unlinking happen on a thread of their own, so that no
  commit waits for them as long as the disk keeps up.

Failure modes: a full disk or the bound on total bytes raises ``JournalFull``,
any other fault of the disk ``JournalFailed``; both leave the journal usable and
the same batch may be tried again. A newest segment that cannot be trusted is
set aside under a ``.corrupt-`` name, a fresh epoch begins, and ``set_aside``
tells the recorder, which records the gap. SQLite's own guarantee is relied on:
what was synced stays, given a disk that does not lie about syncing.

Seals are made by a process of its own (``proxy.sealing``), which reads like the
shipper.
"""

from proxy.journal.model import (
    Batch,
    Entry,
    Fill,
    JournalBusy,
    JournalFailed,
    JournalFull,
    Limits,
    SegmentDamaged,
    SetAside,
)
from proxy.journal.reader import JournalReader
from proxy.journal.writer import Journal

__all__ = [
    "Batch",
    "Entry",
    "Fill",
    "Journal",
    "JournalBusy",
    "JournalFailed",
    "JournalFull",
    "JournalReader",
    "Limits",
    "SegmentDamaged",
    "SetAside",
]
