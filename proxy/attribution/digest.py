"""Session keys as keyed digests: the only form in which they are kept.

BLAKE2b(key; application NUL kind NUL value), 16 bytes; keyed BLAKE2b is a MAC
(RFC 7693 2.9). The application is part of it, so that one table serves several
and equal cookies of two applications stay apart; so is the kind
(``cookie:JSESSIONID``), so that equal values of two cookies do. Neither contains
a NUL.
"""

from __future__ import annotations

import hashlib

DIGEST_BYTES = 16
"""128 bits: a collision among 200,000 sessions has a chance below 1e-28."""

UNCERTAIN = b"\xff" * DIGEST_BYTES
"""Stands for a key that was given twice with unequal values, where the rule set
says that they must be equal: ambiguous, always. No digest is this by chance."""


def session_digest(key: bytes, application: str, kind: str, value: bytes) -> bytes:
    """The digest of one session key value; the key has 64 bytes at most."""
    message = b"\0".join((application.encode(), kind.encode(), value))
    return hashlib.blake2b(message, key=key, digest_size=DIGEST_BYTES).digest()
