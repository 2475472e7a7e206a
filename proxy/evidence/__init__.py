"""Tamper evidence, as values: what a seal is, and how everything is checked.

A *seal* covers the entries [first, last] of one epoch of one node. Its root is a
Merkle tree (RFC 9162 2.1) whose leaf for entry n is::

    leaf = SHA-256(00 ‖ salt ‖ canonical bytes of the row)
    salt = BLAKE2b(key = the seal's seed, n as 8 bytes, little endian), 16 bytes
    node = SHA-256(01 ‖ left ‖ right)
    absent entry = SHA-256(02 ‖ n)

Seals of a node are a chain: each names the digest of the one before, across
epochs, and is signed with Ed25519. Empty periods are sealed too.

* ``columns``: which columns a row's bytes are made of, by version;
* ``canonical``: those bytes, from an event's row or a row of the store;
* ``merkle``: roots and inclusion proofs;
* ``seal``: the seal, its bytes, its signature;
* ``leaves``: leaves of many rows at once;
* ``chain``: what is wrong with a chain of seals;
* ``check``: what is wrong with the rows of one seal;
* ``proof``: one row, shown to be sealed without any other.

Everything here is pure: no socket, disk, clock or process.
"""
