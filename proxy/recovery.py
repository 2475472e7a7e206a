"""Ids of subjects, encrypted: how the right person turns a pseudonym back.

AES-SIV (RFC 5297) under a key of its own, the *recovery key*: deterministic, so the
same subject gives the same bytes on every sidecar, and authenticated over type,
pseudonym and the number of the subject key, so bytes that were changed, or put beside
another pseudonym, are found when they are opened. What is opened is compared with
the pseudonym a second time where the subject key is at hand.

The recovery key ``PLAIN`` (number 0, the empty key) encrypts nothing: the id stands as
it is, and nothing but its pseudonym says whether it was changed.

Format: the 16 bytes of the synthetic IV, then the ciphertext of the id as the
application writes it, in UTF-8. Its length is the id's plus 16.

Pure. Failure modes: ``NotRecoverable``, which quotes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from proxy.events.custody import SubjectSeen

RECOVERY_KEY_BYTES = 64
"""AES-256 twice: one half makes the IV, the other encrypts (RFC 5297 2.2)."""
PLAIN = b""
LONGEST = 256
"""Characters of an id that is kept, as in rule sets; a longer one is none."""


class NotRecoverable(ValueError):
    """These bytes are not the id of that pseudonym under this key."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """A recovery key and its number."""

    key: bytes = field(repr=False)
    key_id: int
    _cipher: AESSIV | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        cipher = AESSIV(self.key) if self.key != PLAIN else None
        object.__setattr__(self, "_cipher", cipher)

    def encrypt(
        self, identifier: str, subject_type: str, subject: bytes, subject_key: int
    ) -> bytes:
        """The id, to be kept beside its pseudonym.

        Args:
            identifier: As the application writes it; white space around it is not
                part of it. Empty is a blank: there is no empty ciphertext.
            subject_type: As the rule set names it.
            subject: Its pseudonym.
            subject_key: Number of the key that made the pseudonym.
        """
        data = identifier.strip().encode("utf-8", "surrogatepass") or b" "
        if self._cipher is None:
            return data
        return self._cipher.encrypt(data, _bound(subject_type, subject, subject_key))

    def decrypt(
        self, encrypted: bytes, subject_type: str, subject: bytes, subject_key: int
    ) -> str:
        """The id again.

        Raises:
            NotRecoverable: another key, pseudonym or type, or changed bytes.
        """
        try:
            data = encrypted
            if self._cipher is not None:
                bound = _bound(subject_type, subject, subject_key)
                data = self._cipher.decrypt(encrypted, bound)
            return data.decode("utf-8", "surrogatepass").strip()
        except (InvalidTag, ValueError):
            raise NotRecoverable("not an id under this key") from None


def seen(
    recovery: Recovery,
    application: str,
    at_ns: int,
    subject_type: str,
    identifier: str,
    subject: bytes,
    subject_key: int,
) -> SubjectSeen:
    """The event that a subject was shown, or stood in a file."""
    return SubjectSeen(
        application=application,
        at_ns=at_ns,
        subject_type=subject_type,
        subject=subject,
        subject_key=subject_key,
        encrypted_id=recovery.encrypt(
            identifier[:LONGEST], subject_type, subject, subject_key
        ),
        recovery_key=recovery.key_id,
    )


def _bound(subject_type: str, subject: bytes, subject_key: int) -> list[bytes]:
    """One piece, as each costs a pass: fixed lengths first, so that none can be taken
    for another."""
    number = subject_key.to_bytes(8, "little")
    return [b"whosaw subject 1" + number + subject + subject_type.encode()]
