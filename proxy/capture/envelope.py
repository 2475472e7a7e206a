r"""The file of a capture: who made it, why, until when, and its frames, encrypted.

Format, numbers little endian::

    file    = "whosaw-capture 2\n" ‖ length (4 bytes) ‖ header ‖ body
    header  = msgpack map, see ``Header``
    body    = frames as they are, or, with a recipient, pieces
    piece   = length (4 bytes) ‖ ciphertext; ChaCha20-Poly1305, the nonce is the number
              of the piece (11 bytes) and whether it is the last (1 byte), the
              associated data the SHA-256 of the header
    key     = HKDF-SHA256(X25519(ephemeral, recipient), salt = ephemeral ‖ recipient,
              info = "whosaw capture 2")

So a piece that is missing, moved, changed or of another file is found, the end of the
file included, and so is a changed header: its expiry cannot be put off. Of a capture
without a recipient nothing of that is promised.

Failure modes: ``UsageError`` for a file that is none, has expired, needs a key or has
another one; ``Opened.torn`` once it is read: what came before is authentic.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from proxy.errors import UsageError

MAGIC = b"whosaw-capture 2\n"
BARE = b"whosaw-capture 1\n"
"""Frames follow at once: of a capture that was opened, or made by hand."""

PIECE = 1 << 16
"""Bytes encrypted at once: what is lost of a capture whose maker is killed."""
_MOST_HEADER = 1 << 16
_MOST_PIECE = PIECE + 16
_INFO = b"whosaw capture 2"


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands before the frames, for everybody to read."""

    id: str
    """32 hex digits; stands in the table ``captures``, too."""
    made_ns: int
    expires_ns: int
    """It is not opened after."""
    by: str
    reason: str
    redacted: bool
    recipient: bytes = b""
    """Public key it is encrypted to; empty: it is not."""
    ephemeral: bytes = b""

    def expired(self, now_ns: int) -> bool:
        """Whether it may not be opened any more."""
        return now_ns >= self.expires_ns


class Sealing:
    """Writes a capture; ``close`` makes it whole.

    Args:
        file: takes the bytes, and stays its owner's to close.
        header: ``recipient`` and ``ephemeral`` are filled in here.
        recipient: whom it is encrypted to; None: nobody.

    """

    def __init__(
        self, file: BinaryIO, header: Header, recipient: X25519PublicKey | None
    ) -> None:
        self._file = file
        self._cipher: ChaCha20Poly1305 | None = None
        self._waiting = bytearray()
        self._number = 0
        if recipient is not None:
            own = X25519PrivateKey.generate()
            header = msgspec.structs.replace(
                header,
                recipient=recipient.public_bytes_raw(),
                ephemeral=own.public_key().public_bytes_raw(),
            )
            self._cipher = _cipher(own.exchange(recipient), header)
        encoded = msgspec.msgpack.encode(header)
        self._bound = hashlib.sha256(encoded).digest()
        file.write(MAGIC + len(encoded).to_bytes(4, "little") + encoded)

    def write(self, data: bytes) -> None:
        """Bytes of frames."""
        if self._cipher is None:
            self._file.write(data)
            return
        self._waiting += data
        while len(self._waiting) > PIECE:
            self._piece(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]

    def close(self) -> None:
        """There is no more."""
        if self._cipher is not None:
            self._piece(bytes(self._waiting), last=True)
            self._waiting.clear()

    def _piece(self, data: bytes, *, last: bool) -> None:
        assert self._cipher is not None
        nonce = _nonce(self._number, last=last)
        sealed = self._cipher.encrypt(nonce, data, self._bound)
        self._file.write(len(sealed).to_bytes(4, "little") + sealed)
        self._number += 1


@dataclass(slots=True)
class Opened:
    """A capture that is read."""

    header: Header | None
    """None of a bare one."""
    torn: bool = False
    """Pieces are missing or changed; known once ``frames`` ended."""


def header_of(path: Path) -> Header | None:
    """The header; None of a bare capture.

    Raises:
        UsageError: no capture, or of another version.
    """
    with path.open("rb") as file:
        return _header(path, file)[0]


def frames(
    path: Path, opened: Opened, key: X25519PrivateKey | None, now_ns: int
) -> Iterator[bytes]:
    """The bytes after the header, decrypted, in pieces of any size.

    Args:
        path: The file.
        opened: Filled in.
        key: Of the recipient, when it is encrypted.
        now_ns: Wall clock; an expired capture is not opened.

    Raises:
        UsageError: see the module.
    """
    with path.open("rb") as file:
        header, bound = _header(path, file)
        opened.header = header
        if header is None or not header.recipient:
            if header is not None:
                _refuse_expired(path, header, now_ns)
            while data := file.read(PIECE):
                yield data
            return
        _refuse_expired(path, header, now_ns)
        cipher = _opening(path, header, key)
        yield from _pieces(file, cipher, bound, opened)


def new_id() -> str:
    """Of a capture."""
    return secrets.token_hex(16)


def fingerprint(public: bytes) -> str:
    """How a capture key is told."""
    return hashlib.sha256(public).hexdigest()[:16]


def _pieces(
    file: BinaryIO, cipher: ChaCha20Poly1305, bound: bytes, opened: Opened
) -> Iterator[bytes]:
    number = 0
    size = file.read(4)
    while len(size) == 4:
        length = int.from_bytes(size, "little")
        data = file.read(length) if length <= _MOST_PIECE else b""
        if len(data) != length:  # cut off, or the length was changed
            opened.torn = True
            return
        size = file.read(4)
        last = not size
        try:
            yield cipher.decrypt(_nonce(number, last=last), data, bound)
        except InvalidTag:
            # The last of a file that was cut off is one that others followed.
            opened.torn = True
            if last:
                try:
                    yield cipher.decrypt(_nonce(number, last=False), data, bound)
                except InvalidTag:
                    return
            return
        number += 1
        if last:
            return
    opened.torn = True


def _header(path: Path, file: BinaryIO) -> tuple[Header | None, bytes]:
    start = file.read(len(MAGIC))
    if start == BARE:
        return None, b""
    length = int.from_bytes(file.read(4), "little")
    try:
        if start != MAGIC or length > _MOST_HEADER:
            raise ValueError  # noqa: TRY301
        encoded = file.read(length)
        header = msgspec.msgpack.decode(encoded, type=Header)
    except (msgspec.MsgspecError, ValueError) as error:
        raise UsageError(
            f"{path}: not a capture of this version; it must start with"
            f" {MAGIC.decode().strip()!r}"
        ) from error
    return header, hashlib.sha256(encoded).digest()


def _refuse_expired(path: Path, header: Header, now_ns: int) -> None:
    if header.expired(now_ns):
        when = datetime.fromtimestamp(header.expires_ns / 1e9, UTC)
        raise UsageError(
            f"{path}: expired {when:%F %R} UTC; run: whosaw captures purge"
        )


def _opening(
    path: Path, header: Header, key: X25519PrivateKey | None
) -> ChaCha20Poly1305:
    told = fingerprint(header.recipient)
    if key is None:
        raise UsageError(
            f"{path}: encrypted to the key {told}; name its file: --key FILE"
        )
    if key.public_key().public_bytes_raw() != header.recipient:
        raise UsageError(f"{path}: encrypted to another key, {told}")
    try:
        shared = key.exchange(X25519PublicKey.from_public_bytes(header.ephemeral))
    except ValueError:
        raise UsageError(f"{path}: its header makes no sense") from None
    return _cipher(shared, header)


def _cipher(shared: bytes, header: Header) -> ChaCha20Poly1305:
    salt = header.ephemeral + header.recipient
    key = HKDF(SHA256(), 32, salt=salt, info=_INFO).derive(shared)
    return ChaCha20Poly1305(key)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((last,))
