"""Session keys as keyed digests: the only form in which they are kept.

HMAC-SHA256(key, application NUL kind NUL value), truncated to 16 bytes. The
application is part of it, so that one table serves several and equal cookies
of two applications stay apart; so is the kind (``cookie:JSESSIONID``), so that
equal values of two cookies do. Neither contains a NUL.
"""

from __future__ import annotations

import hmac

DIGEST_BYTES = 16
"""128 bits: a collision among 200,000 sessions has a chance below 1e-28."""


def session_digest(key: bytes, application: str, kind: str, value: bytes) -> bytes:
    """The digest of one session key value."""
    message = b"\0".join((application.encode(), kind.encode(), value))
    return hmac.digest(key, message, "sha256")[:DIGEST_BYTES]
