"""The key seals are signed with: Ed25519, one PEM file, and its public half.

The private key is PKCS #8, unencrypted, mode 0600; the public half lies beside it
as ``….pub`` and is what ``whosaw verify`` needs. A file of public keys may hold
several, in the order in which they were used: that is how a key is rotated.

Failure modes: ``UsageError`` with the file, never its content.
"""

from __future__ import annotations

import os
import stat
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

from proxy.errors import UsageError
from proxy.evidence.seal import fingerprint

_END = b"-----END PUBLIC KEY-----"


def public_path(path: Path) -> Path:
    """Where the public half of a key lies."""
    return path.with_name(path.name + ".pub")


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
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, secret, 0o600)
        public_path(path).write_bytes(public)
    except FileExistsError:
        raise UsageError(
            f"{path}: is there already; a new key goes to a new file"
        ) from None
    except OSError as error:
        raise UsageError(f"{path}: cannot write the key: {error.strerror}") from error
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
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read()
    except OSError as error:
        raise UsageError(f"{path}: cannot read the key: {error.strerror}") from error
    if mode & 0o077:
        raise UsageError(
            f"{path}: may be read by others (mode {mode:04o}); run: chmod 600 {path}"
        )
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


def _write(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
