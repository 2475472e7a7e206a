"""A private key on disk, mode 0600, and its public half beside it as ``….pub``.

What every kind of key has in common: seals are signed with one, captures are
encrypted to one. The kinds themselves say what is in the file.

Failure modes: ``UsageError`` with the file, never its content.
"""

from __future__ import annotations

import os
from pathlib import Path

from proxy import private_file
from proxy.errors import UsageError


def public_path(path: Path) -> Path:
    """Where the public half of a key lies."""
    return path.with_name(path.name + ".pub")


def write(path: Path, secret: bytes, public: bytes) -> None:
    """Put both halves on disk; never over another key.

    Raises:
        UsageError: the file is there, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        public_path(path).write_bytes(public)
    except FileExistsError:
        raise UsageError(
            f"{path}: is there already; a new key goes to a new file"
        ) from None
    except OSError as error:
        raise UsageError(f"{path}: cannot write the key: {error.strerror}") from error


def read(path: Path) -> bytes:
    """The private half.

    Raises:
        UsageError: missing, or readable by others.
    """
    return private_file.read(path, "the key")
