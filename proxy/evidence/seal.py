"""The seal: what it says, the bytes that are signed, and its signature.

A seal is kept as the exact text that was signed, one JSON object on a line, with
the signature beside it; nobody ever has to write the same JSON again to check it.
Signed is ``DOMAIN ‖ text``, so that a signature of something else is none of it.

A seal says nothing about the rows but their number and a hash: it may leave the
house. Its seed and its tags (``Sealed``) stay with the rows.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proxy.evidence.columns import VERSION

DOMAIN = b"whosaw seal\0"
SEED_BYTES = 32
FORMAT = 1
MOST_ENTRIES = 10_000_000
"""In a seal that is believed: twenty times what a sealer puts into one. To check it
takes 330 MB."""


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """What was signed. Hashes are hex; fields are only ever appended."""

    format: int = FORMAT
    node: str
    number: int
    """1, 2, 3, … per node, across epochs."""
    epoch: int
    first: int
    last: int
    """Entries [first, last]; ``first - 1`` when the period was empty."""
    root: str
    columns: int
    """Version of the column lists (``columns``)."""
    sealed_at_ns: int
    """Wall clock of the node when it was sealed."""
    previous: str
    """Digest of the seal before; empty in the first."""
    key: str
    """``fingerprint`` of the key it is signed with."""
    seed: str
    """SHA-256 of the seed: whether a seed is this seal's, without telling it."""
    tags: str
    """SHA-256 of the tags (``leaves.tags``)."""
    absent: tuple[tuple[int, int], ...] = ()
    """Entries that could not be read when they were to be sealed."""
    rulesets: tuple[str, ...] = ()
    """Rule sets the entries were recorded with."""

    @property
    def count(self) -> int:
        """Entries it covers, absent ones included."""
        return self.last - self.first + 1


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A seal as it is kept and anchored: two strings, and no secret."""

    body: str
    """The text that was signed."""
    signature: str
    """Ed25519, hex."""

    @property
    def digest(self) -> str:
        """What the next seal calls ``previous``; also what is time-stamped."""
        return sha256(self.line()).hexdigest()

    def line(self) -> bytes:
        """The line it is anchored as."""
        return msgspec.json.encode(Signed(body=self.body, signature=self.signature))


class Sealed(Signed, frozen=True, kw_only=True):
    """A seal with what stays beside the rows."""

    seed: str = ""
    """Hex; empty once it was erased with the rows."""
    tags: str = ""
    """Hex, ``leaves.TAG`` bytes an entry."""
    leaves: str = ""
    """Hex, kept when some of the rows are erased and others stay; usually empty."""
    salts: str = ""
    """Of the rows that stay beside kept leaves (``kept``): the seed is erased then."""
    kept: bool = False
    """Whether there are such leaves: a source gives them when it is asked for them."""
    erased_at_ns: int = 0
    """When rows of it were erased, as the store says; 0: none were."""


class SealRefused(ValueError):
    """It is no seal, or no key that is known signed it."""


_decoder = msgspec.json.Decoder(Seal)


def new_seed() -> bytes:
    """A seed for the next seal."""
    return secrets.token_bytes(SEED_BYTES)


def fingerprint(key: Ed25519PublicKey) -> str:
    """Names a public key: 16 hex digits of its SHA-256."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return sha256(raw).hexdigest()[:16]


def sign(seal: Seal, key: Ed25519PrivateKey) -> Signed:
    """The seal as it is kept."""
    body = msgspec.json.encode(seal)
    return Signed(body=body.decode(), signature=key.sign(DOMAIN + body).hex())


def read(body: str) -> Seal:
    """What a seal says; who signed it is not looked at.

    Raises:
        SealRefused: it is no seal, or one of a later version.
    """
    try:
        seal = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SealRefused(f"not a seal: {error}") from None
    if seal.format > FORMAT:
        raise SealRefused(f"seal format {seal.format}; this version reads {FORMAT}")
    if not 1 <= seal.columns <= VERSION:
        raise SealRefused(f"columns {seal.columns}; this version knows {VERSION}")
    if not _sound(seal):
        raise SealRefused("a seal that contradicts itself")
    return seal


def _sound(seal: Seal) -> bool:
    if seal.first < 1 or seal.number < 1 or not 0 <= seal.count <= MOST_ENTRIES:
        return False
    # Runs of absent entries lie in it, one after the other.
    after = seal.first
    for first, last in seal.absent:
        if not after <= first <= last <= seal.last:
            return False
        after = last + 1
    return True


def verified(signed: Signed, keys: Mapping[str, Ed25519PublicKey]) -> Seal:
    """What a seal says, when one of these keys (by fingerprint) signed it.

    Raises:
        SealRefused: it is none, the key is not known, or the signature is wrong.
    """
    seal = read(signed.body)
    key = keys.get(seal.key)
    if key is None:
        raise SealRefused(f"signed with the key {seal.key}, which was not given")
    try:
        key.verify(bytes.fromhex(signed.signature), DOMAIN + signed.body.encode())
    except (InvalidSignature, ValueError):
        raise SealRefused("the signature is wrong") from None
    return seal
