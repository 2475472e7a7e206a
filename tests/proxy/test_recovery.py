"""Ids are encrypted so that the right person, and nobody else, turns them back."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from proxy.pseudonym import pseudonym
from proxy.recovery import (
    LONGEST,
    PLAIN,
    RECOVERY_KEY_BYTES,
    NotRecoverable,
    Recovery,
)

KEY = b"k" * 32
RECOVERY = Recovery(bytes(range(RECOVERY_KEY_BYTES)), 2)
SUBJECT = pseudonym(KEY, "client", "canary-4711")


@given(st.text(max_size=LONGEST))
def test_an_id_comes_back_as_it_was(identifier: str) -> None:
    """Whatever characters it has; white space around it is not part of it."""
    encrypted = RECOVERY.encrypt(identifier, "client", SUBJECT, 3)

    assert RECOVERY.decrypt(encrypted, "client", SUBJECT, 3) == identifier.strip()


def test_the_same_subject_gives_the_same_bytes_everywhere() -> None:
    """So a subject stands once however many sidecars recorded it."""
    other = Recovery(bytes(range(RECOVERY_KEY_BYTES)), 2)

    one = RECOVERY.encrypt("canary-4711", "client", SUBJECT, 3)

    assert one == other.encrypt(" canary-4711", "client", SUBJECT, 3)
    assert b"canary" not in one


def test_the_construction_is_that_of_rfc_5297() -> None:
    """Appendix A.1: the library's AES-SIV is the standard's."""
    key = bytes.fromhex(
        "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
    )
    bound = bytes.fromhex("101112131415161718191a1b1c1d1e1f2021222324252627")

    made = AESSIV(key).encrypt(bytes.fromhex("112233445566778899aabbccddee"), [bound])

    assert made.hex() == "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"


@pytest.mark.parametrize(
    ("kind", "subject", "number"),
    [("bsn", SUBJECT, 3), ("client", bytes(16), 3), ("client", SUBJECT, 4)],
)
def test_an_id_beside_another_pseudonym_is_found(
    kind: str, subject: bytes, number: int
) -> None:
    """Swapping two rows' ids accuses nobody."""
    encrypted = RECOVERY.encrypt("canary-4711", "client", SUBJECT, 3)

    with pytest.raises(NotRecoverable):
        RECOVERY.decrypt(encrypted, kind, subject, number)


@given(st.integers(0, 26), st.integers(1, 255))
def test_a_changed_byte_is_found(at: int, by: int) -> None:
    """Of IV or ciphertext; and the message quotes neither."""
    encrypted = bytearray(RECOVERY.encrypt("canary-4711", "client", SUBJECT, 3))
    encrypted[at] ^= by

    with pytest.raises(NotRecoverable) as caught:
        RECOVERY.decrypt(bytes(encrypted), "client", SUBJECT, 3)

    assert "canary" not in str(caught.value)


@given(st.binary(max_size=64))
def test_bytes_that_are_no_id_are_refused(data: bytes) -> None:
    """Empty and cut off ones, too."""
    with pytest.raises(NotRecoverable):
        RECOVERY.decrypt(data, "client", SUBJECT, 3)


def test_a_key_is_never_printed() -> None:
    """Nor what the library makes of it."""
    assert "0, 1" not in repr(RECOVERY)
    assert "AESSIV" not in repr(RECOVERY)


@given(st.text(max_size=60))
def test_without_a_key_the_id_stands_as_it_is(identifier: str) -> None:
    """White space around it is not part of it; bytes that are no text are refused."""
    plain = Recovery(PLAIN, 0)

    kept = plain.encrypt(identifier, "client", bytes(16), 0)

    assert kept == (identifier.strip().encode("utf-8", "surrogatepass") or b" ")
    assert plain.decrypt(kept, "client", bytes(16), 0) == identifier.strip()
    with pytest.raises(NotRecoverable):
        plain.decrypt(b"\xff" + kept, "client", bytes(16), 0)
