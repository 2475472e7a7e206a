"""A seal is what was signed, to the letter."""

from __future__ import annotations

import msgspec
import pytest

from proxy.evidence.columns import VERSION
from proxy.evidence.seal import (
    MOST_ENTRIES,
    Sealed,
    SealRefused,
    Signed,
    fingerprint,
    new_seed,
    read,
    verified,
)
from tests.support.sealing import keys
from tests.support.seals import KEY, OTHER_KEY, sealed

SEAL, SEALED = sealed(1, 1, 5)


def test_a_seal_is_believed_with_the_key_that_signed_it() -> None:
    """And says what it said."""
    assert verified(SEALED, keys(OTHER_KEY, KEY)) == SEAL
    assert SEAL.count == 5


def test_a_key_that_was_not_given_believes_nothing() -> None:
    """It is named, so that it can be asked for."""
    with pytest.raises(SealRefused, match=fingerprint(KEY.public_key())):
        verified(SEALED, keys(OTHER_KEY))


@pytest.mark.parametrize("at", range(0, len(SEALED.body), 7))
def test_any_changed_letter_is_refused(at: int) -> None:
    """Wherever it stands."""
    letter = "1" if SEALED.body[at] != "1" else "2"
    changed = SEALED.body[:at] + letter + SEALED.body[at + 1 :]

    with pytest.raises(SealRefused):
        verified(Signed(body=changed, signature=SEALED.signature), keys(KEY))


@pytest.mark.parametrize("signature", ["", "00", "zz", "0" * 128])
def test_a_signature_that_is_none_is_refused(signature: str) -> None:
    """As a wrong one is."""
    with pytest.raises(SealRefused, match="signature"):
        verified(Signed(body=SEALED.body, signature=signature), keys(KEY))


@pytest.mark.parametrize(
    "changed",
    [
        {"first": 0},
        {"last": -1},
        {"last": MOST_ENTRIES + 1},
        {"number": 0},
        {"format": 2},
        {"columns": 0},
        {"columns": VERSION + 1},
        {"absent": ((0, 1),)},
        {"absent": ((2, 1),)},
        {"absent": ((4, 6),)},
        {"absent": ((2, 3), (3, 4))},
    ],
)
def test_a_seal_that_contradicts_itself_is_none(changed: dict[str, object]) -> None:
    """Nor is one of a later version read wrongly."""
    body = msgspec.json.encode(msgspec.structs.replace(SEAL, **changed)).decode()

    with pytest.raises(SealRefused):
        read(body)


def test_what_is_anchored_holds_no_secret() -> None:
    """Neither seed nor tags leave the house."""
    line = SEALED.line()

    assert SEALED.seed.encode() not in line
    assert SEALED.tags.encode() not in line
    assert msgspec.json.decode(line, type=Sealed).seed == ""


def test_the_digest_is_the_same_with_and_without_its_secrets() -> None:
    """The chain goes on when a seed is erased."""
    bare = Signed(body=SEALED.body, signature=SEALED.signature)

    assert SEALED.digest == bare.digest


def test_every_seed_is_another() -> None:
    """32 bytes of the system's randomness."""
    assert len({new_seed() for _ in range(10)}) == 10
    assert len(new_seed()) == 32
