"""Verification: rows and seals, from a store or from an export, against a key.

It needs rows, seals and public keys, and nothing of the sidecar. ``run`` goes
through every seal of every node: chain and signatures first, then the rows, whose
leaves are computed here, in several processes, from the values themselves.

Invariants:

* Every row of the five tables is looked at or counted: what lies in no seal is
  told as added, or as not sealed yet.
* Memory is bounded by ``MOST_ENTRIES`` of one stretch, however many rows there
  are; rows come in any order and nothing is sorted.
* What was not checked is said.

Failure modes: ``StoreUnavailable`` and ``StoreRejected`` from a store,
``UsageError`` for an export that is none. Whatever is wrong with rows or seals is
a ``Finding``, never an exception.
"""
