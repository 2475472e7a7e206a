"""The key seals are signed with: Ed25519, one PEM file, and its public half.

The private key is PKCS #8, unencrypted, mode 0600; the public half lies beside it
as ``….pub`` and is what ``whosaw verify`` needs. A file of public keys may hold
several, in the order in which they were used: that is how a key is rotated.

Failure modes: ``UsageError`` with the file, never its content.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from proxy import key_pair
from proxy.errors import UsageError
from proxy.evidence.seal import fingerprint

_END = b"-----END PUBLIC KEY-----"


def create(path: Path) -> Ed25519PrivateKey:
    """Make a key and its public half; never over another one.

    Raises:
        UsageError: the file is there, or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    key_pair.write(path, secret, public)
    return key


def load_or_create(path: Path) -> Ed25519PrivateKey:
    """The key of this file, made when missing.

    Raises:
        UsageError: readable by others, or no Ed25519 key.
    """
    return load(path) if path.exists() else create(path)


def load(path: Path) -> Ed25519PrivateKey:
    """The key of this file.

    Raises:
        UsageError: missing, readable by others, or no Ed25519 key.
    """
    data = key_pair.read(path)
    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The cause is left out: its text may quote the key.
        raise UsageError(f"{path}: is no private key in PEM without a password") from (
            None
        )
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path}: is no Ed25519 key; run: whosaw keys make-seal-key")
    return key


def load_public(paths: list[Path]) -> dict[str, Ed25519PublicKey]:
    """Public keys by fingerprint, in the order of files and of each file.

    Raises:
        UsageError: a file is missing, or holds something else.
    """
    found = {}
    for path in paths:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
        pieces = [each + _END for each in data.split(_END)[:-1]]
        for piece in pieces:
            try:
                key = load_pem_public_key(piece.lstrip())
            except (ValueError, UnsupportedAlgorithm):
                raise UsageError(f"{path}: holds something that is no key") from None
            if not isinstance(key, Ed25519PublicKey):
                raise UsageError(f"{path}: holds a key that is not Ed25519")
            found[fingerprint(key)] = key
        if not pieces:
            raise UsageError(f"{path}: holds no public key in PEM")
    return found
