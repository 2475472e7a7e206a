"""The key captures are encrypted to: X25519, one PEM file, its public half beside it.

The private half belongs on another host than the sidecar: here only the public one is
needed, so that whoever takes the sidecar cannot read its captures.

Failure modes: ``UsageError`` with the file, never its content.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
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


def create(path: Path) -> X25519PrivateKey:
    """Make a key and its public half; never over another one.

    Raises:
        UsageError: the file is there, or cannot be written.
    """
    key = X25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    key_pair.write(path, secret, public)
    return key


def load(path: Path) -> X25519PrivateKey:
    """The private key of this file.

    Raises:
        UsageError: missing, readable by others, or no X25519 key.
    """
    data = key_pair.read(path)
    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The cause is left out: its text may quote the key.
        key = None
    if not isinstance(key, X25519PrivateKey):
        raise UsageError(
            f"{path}: is no X25519 key in PEM; run: whosaw keys make-capture-key"
        )
    return key


def load_public(path: Path) -> X25519PublicKey:
    """The public key of this file.

    Raises:
        UsageError: missing, or something else.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, X25519PublicKey):
        raise UsageError(f"{path}: holds no public X25519 key in PEM")
    return key
