"""The key captures are encrypted to: X25519, one PEM file, its public half beside it.

The private half belongs on another host than the sidecar: here only the public one is
needed, so that whoever takes the sidecar cannot read its captures.

Failure modes: ``UsageError`` with the file, never its content.
"""

from __future__ import annotations

import os
import stat
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

from proxy.errors import UsageError


def public_path(path: Path) -> Path:
    """Where the public half of a key lies."""
    return path.with_name(path.name + ".pub")


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
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
        public_path(path).write_bytes(public)
    except FileExistsError:
        raise UsageError(
            f"{path}: is there already; a new key goes to a new file"
        ) from None
    except OSError as error:
        raise UsageError(f"{path}: cannot write the key: {error.strerror}") from error
    return key


def load(path: Path) -> X25519PrivateKey:
    """The private key of this file.

    Raises:
        UsageError: missing, readable by others, or no X25519 key.
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
