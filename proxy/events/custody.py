"""Events about what is kept itself: who took a copy, whose ids, who asked.

Part of ``proxy.events``, whose rules hold here: fields are only appended, with a
default.
"""

from __future__ import annotations

import msgspec


class CaptureMade(msgspec.Struct, frozen=True, array_like=True, tag="m"):
    """Somebody asked for a copy of all traffic, and got it from then on."""

    at_ns: int
    capture: str
    """Id of the file, 32 hex digits."""
    taken_by: str
    """As that command told it: the user it ran as."""
    uid: int
    """As the kernel told it."""
    reason: str
    redacted: bool
    """As that command told it: what it wrote is stand-ins, not what passed."""
    expires_ns: int


class SubjectSeen(msgspec.Struct, frozen=True, array_like=True, tag="i"):
    """A subject was shown whose id was not recorded lately: its id, encrypted.

    The same may be recorded again, by another sidecar or after a restart; it says no
    more then. Whoever holds the recovery key can turn the pseudonym back with it.
    """

    application: str
    at_ns: int
    """First byte of the exchange that showed it."""
    subject_type: str
    subject: bytes
    """Pseudonym, 16 bytes."""
    subject_key: int
    encrypted_id: bytes
    """See ``proxy.recovery``; not covered by seals, so that it can be forgotten: it
    is authenticated by itself."""
    recovery_key: int
    """Number of the key it is encrypted with."""


class InquiryRecorded(msgspec.Struct, frozen=True, array_like=True, tag="q"):
    """Somebody asked a question; on disk before there was an answer.

    Whether it was answered does not stand here: who asked is what counts.
    """

    at_ns: int
    inquiry: str
    """Id, 32 hex digits; the answer carries it, too."""
    person: str
    """As the question service knows who asked."""
    question: str
    """``who-saw``, ...; as the command line names it."""
    reason: str
    """In the words of who asked."""
    subject_type: str
    subjects: tuple[str, ...]
    """Pseudonyms asked about, hex, under each live key; empty: of no client."""
    employee: str
    """Account asked about, or empty."""
    about: str
    """What else: ``term NAME HASH`` or ``session DIGEST``."""
    from_ns: int
    to_ns: int
    """The period, its end not included."""
    client_address: str
