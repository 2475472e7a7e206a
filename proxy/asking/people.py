"""Who may ask: names with hashed tokens, and what a wrong one costs.

Format of the file, one person a line, ``#`` starts a comment::

    joan scrypt 16384 8 1 <salt, hex> <hash, hex>

A token is made at random (256 bits) when a person is added, shown once in a file of
his own, and kept here as scrypt (RFC 7914) only. The file is read anew for every
question: who is taken out of it is not answered any more.

Bounded: so many wrong tokens of one address in so much time, then none is looked at.
A right token is remembered as a keyed digest, so that scrypt's 50 ms and 16 MiB are
paid once per start and person.

Failure modes: ``UsageError`` for a file that cannot be used; ``NotLetIn``, which never
says what was wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from proxy import private_file
from proxy.errors import UsageError
from proxy.ownership import as_owner_of

N, R, P = 16_384, 8, 1
"""Cost of scrypt: 16 MiB and about 50 ms."""
_MOST_N = 1 << 17
_MEMORY = 256 << 20
MOST_PEOPLE = 10_000
MOST_FILE = 4 << 20
_NOBODY = "scrypt 16384 8 1 00 00"


class NotLetIn(Exception):
    """A wrong token, or none, or too many wrong ones before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Bounds on who knocks, with the reason of each default."""

    failures: int = 10
    """Wrong tokens of one address within ``seconds``; then it waits. A person
    mistypes a few times, a program guesses."""
    seconds: float = 60.0
    """How long a wrong token counts: ten guesses a minute lead nowhere."""
    addresses: int = 1_000
    """Addresses with failures that are remembered; the oldest goes first."""


class _Record(NamedTuple):
    n: int
    r: int
    p: int
    salt: bytes
    digest: bytes


def read(path: Path) -> dict[str, str]:
    """The people of a file: name, and the rest of the line.

    Raises:
        UsageError: not private, or a line is not of the format.
    """
    content = private_file.read(path, "the file of people")
    if len(content) > MOST_FILE:
        raise UsageError(f"{path}: larger than {MOST_FILE} bytes")
    found: dict[str, str] = {}
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        name, _, rest = line.split("#", 1)[0].strip().partition(" ")
        if not name:
            continue
        try:
            _parsed(rest)
        except ValueError:
            raise UsageError(
                f"{path}:{number}: expected 'NAME scrypt N R P SALT HASH'"
            ) from None
        if name in found:
            raise UsageError(f"{path}:{number}: this person stands there twice")
        found[name] = rest
    if len(found) > MOST_PEOPLE:
        raise UsageError(f"{path}: more than {MOST_PEOPLE} people")
    return found


def add(path: Path, name: str, token_file: Path) -> None:
    """Add a person, and write his name and token to a new private file.

    Raises:
        UsageError: no plain name, there already, or a file cannot be written.
    """
    if not (name.replace("-", "").replace(".", "").isalnum() and len(name) <= 64):
        raise UsageError(f"{name[:40]!r}: letters, digits, dots and dashes only")
    if path.exists() and name in read(path):
        raise UsageError(f"{path}: {name} is there already; take the line out first")
    token = secrets.token_urlsafe(32)
    salt = secrets.token_bytes(16)
    digest = _scrypt(token, _Record(N, R, P, salt, b"0" * 32))
    try:
        given = os.open(token_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(given, "w", encoding="utf-8") as file:
            file.write(f"{name}:{token}\n")
        with as_owner_of(path.parent):
            kept = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(kept, "w", encoding="utf-8") as file:
            file.write(f"{name} scrypt {N} {R} {P} {salt.hex()} {digest.hex()}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error


@dataclass(slots=True)
class People:
    """Lets people in; any thread may ask.

    Args:
        path: the file.
        door: bounds.

    """

    path: Path
    door: Door = field(default_factory=Door)
    refused: int = 0
    """Wrong tokens, and questions while an address had to wait."""
    _failures: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _known: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _process_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def who(self, authorization: str, address: str, now: float) -> str:
        """The person of this header.

        Args:
            authorization: ``Bearer NAME:TOKEN``.
            address: whom it came from.
            now: seconds, monotonic.

        Raises:
            NotLetIn: nobody.
            UsageError: the file cannot be used.
        """
        with self._lock:
            waits = self._waits(address, now)
            self.refused += waits
        if waits:
            raise NotLetIn
        scheme, _, said = authorization.partition(" ")
        name, _, token = said.strip().partition(":")
        record = read(self.path).get(name)
        good = scheme.lower() == "bearer" and self._right(name, token, record)
        if record is None or not good:
            with self._lock:
                self.refused += 1
                self._failed(address, now)
            raise NotLetIn
        return name

    def _right(self, name: str, token: str, record: str | None) -> bool:
        said = f"{record}\0{token}".encode("utf-8", "surrogateescape")
        short = hashlib.blake2b(said, key=self._process_key).digest()
        if record is not None and hmac.compare_digest(
            self._known.get(name, b""), short
        ):
            return True
        # Nobody costs as much as somebody: the time tells no name.
        wanted = _parsed(record or _NOBODY)
        if not hmac.compare_digest(_scrypt(token, wanted), wanted.digest):
            return False
        if record is not None:
            if len(self._known) >= MOST_PEOPLE:
                self._known.clear()
            self._known[name] = short
        return record is not None

    def _waits(self, address: str, now: float) -> bool:
        failures = self._failures.get(address)
        while failures and failures[0] <= now - self.door.seconds:
            failures.popleft()
        return failures is not None and len(failures) >= self.door.failures

    def _failed(self, address: str, now: float) -> None:
        self._failures.setdefault(address, deque(maxlen=self.door.failures)).append(now)
        self._failures.move_to_end(address)
        if len(self._failures) > self.door.addresses:
            self._failures.popitem(last=False)


def _parsed(rest: str) -> _Record:
    kind, n, r, p, salt, digest = rest.split()
    found = _Record(int(n), int(r), int(p), bytes.fromhex(salt), bytes.fromhex(digest))
    if kind != "scrypt" or not (
        2 <= found.n <= _MOST_N and 1 <= found.r <= 16 and 1 <= found.p <= 4
    ):
        raise ValueError
    return found


def _scrypt(token: str, record: _Record) -> bytes:
    return hashlib.scrypt(
        token.encode("utf-8", "surrogateescape"),
        salt=record.salt,
        n=record.n,
        r=record.r,
        p=record.p,
        maxmem=_MEMORY,
        dklen=max(len(record.digest), 16),
    )
