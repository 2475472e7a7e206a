"""The key file for a safe: encrypted to the public key of who keeps it.

An envelope as captures have (``proxy.capture.envelope``): only the private X25519 key
opens it, and a changed byte is found. Whoever has both can ask every question, and
turn every pseudonym back, when the sidecar's own file is lost.

Failure modes: ``UsageError``; never a key in a message.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)

from proxy import private_file
from proxy.capture.envelope import Header, Opened, Sealing, frames, header_of, new_id
from proxy.errors import UsageError
from proxy.keys import parse
from proxy.ownership import as_owner_of

REASON = "escrow of a key file"
NEVER_NS = 9_000_000_000 * 10**9
"""An escrow does not expire: the year 2255."""


def export(
    keys: Path, out: Path, recipient: X25519PublicKey, *, by: str, now_ns: int
) -> None:
    """Write the keys, encrypted, to a new file.

    Raises:
        UsageError: the key file cannot be read, or ``out`` is there.
    """
    content = private_file.read(keys, "the key file")
    parse(content.decode("ascii", "replace"), str(keys))
    header = Header(
        id=new_id(),
        made_ns=now_ns,
        expires_ns=NEVER_NS,
        by=by,
        reason=REASON,
        redacted=False,
    )
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            sealing = Sealing(file, header, recipient)
            sealing.write(content)
            sealing.close()
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}") from error


def restore(escrow: Path, out: Path, key: X25519PrivateKey, *, now_ns: int) -> None:
    """Write the keys of an escrow to a new key file, mode 0600.

    Raises:
        UsageError: no escrow, another key, torn, or ``out`` is there.
    """
    try:
        header = header_of(escrow)
        if header is None or header.reason != REASON:
            raise UsageError(f"{escrow}: is no escrow of keys")
        opened = Opened(header)
        content = b"".join(frames(escrow, opened, key, now_ns))
    except OSError as error:
        raise UsageError(f"{escrow}: cannot be read: {error.strerror}") from error
    if opened.torn:
        raise UsageError(f"{escrow}: was cut off or changed; nothing was restored")
    parse(content.decode("ascii", "replace"), str(escrow))
    try:
        with as_owner_of(out.parent):
            descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}") from error
