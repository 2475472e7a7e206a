"""Sealing: the journal's entries get a signed seal every minute.

A process of its own reads the journal as the shipper does. For each period it
makes one seal (several after a backlog or a new epoch), writes it to
``STATE/seals``, moves the mark that lets the journal unlink sealed segments,
brings seal and seed to the store, and anchors the seal off the host.

Invariants:

* A seal is on disk, synced, before anything else sees it, and never written
  again: the files of ``shelf`` are appended to only.
* Every entry is in exactly one seal; nothing leaves the journal unsealed.
* A seed is on this host only until the store has it.
* A store or an anchor that is away stops no sealing. The newest seal that is
  anchored vouches for all before it, so there is no backlog of anchors.

Failure modes: a journal that cannot be read is tried again; entries that are
damaged, or no event of this version, are named in the seal as absent. A torn
last line, which nobody has seen, is cut off at start.
"""
