"""Seals over made-up leaves, for tests of what is decided about them."""

from __future__ import annotations

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proxy.evidence import merkle
from proxy.evidence.leaves import leaves, tags
from proxy.evidence.seal import Seal, Sealed, fingerprint, sign

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1")
SEED = bytes(range(32))


def rows(first: int, last: int) -> list[bytes]:
    """Canonical bytes, as far as a tree cares."""
    return [b"row %d" % seq for seq in range(first, last + 1)]


def sealed(
    number: int,
    first: int,
    last: int,
    *,
    epoch: int = 7,
    previous: str = "",
    key: Ed25519PrivateKey = KEY,
    node: str = "node",
) -> tuple[Seal, Sealed]:
    """A seal over ``rows(first, last)``."""
    run = b"".join(leaves(SEED, range(first, last + 1), rows(first, last)))
    kept = tags(run)
    seal = Seal(
        node=node,
        number=number,
        epoch=epoch,
        first=first,
        last=last,
        root=merkle.root(run).hex(),
        columns=1,
        sealed_at_ns=1_780_000_000_000_000_000 + number,
        previous=previous,
        key=fingerprint(key.public_key()),
        seed=sha256(SEED).hexdigest(),
        tags=sha256(kept).hexdigest(),
    )
    signed = sign(seal, key)
    return seal, Sealed(
        body=signed.body, signature=signed.signature, seed=SEED.hex(), tags=kept.hex()
    )


def run_of(*spans: tuple[int, int, int]) -> list[Sealed]:
    """A chain over (epoch, first, last), each following the one before."""
    found: list[Sealed] = []
    for number, (epoch, first, last) in enumerate(spans, 1):
        previous = found[-1].digest if found else ""
        found.append(sealed(number, first, last, epoch=epoch, previous=previous)[1])
    return found
