"""Subject ids as keyed pseudonyms: HMAC-SHA256(key, type NUL id), 16 bytes.

Pure and shared by the pipeline, which writes them, and the commands, which ask
for them. Whoever holds the key can test a guessed id, so the key is kept like
a password; without it rows of one subject can be grouped and no more.
"""

from __future__ import annotations

import hmac

PSEUDONYM_BYTES = 16


def pseudonym(key: bytes, subject_type: str, identifier: str) -> bytes:
    """The pseudonym of one subject.

    Args:
        key: The subject key.
        subject_type: ``client``, ...; as the rule set names it.
        identifier: As the application writes it; white space around it is not
            part of it.
    """
    message = f"{subject_type}\0{identifier.strip()}".encode("utf-8", "surrogatepass")
    return hmac.digest(key, message, "sha256")[:PSEUDONYM_BYTES]
