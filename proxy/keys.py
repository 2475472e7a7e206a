"""The key file: what turns session keys and subject ids into keyed digests, and what
ids are encrypted with so that they can be turned back.

Format, one key a line, ``#`` starts a comment::

    session 1 <64 hex digits>
    subject 1 <64 hex digits>
    recovery 1 <128 hex digits>

    subject 0 plain

The last stands for no key: ids of clients were kept as they are at some time
(``pseudonyms: plain``), and are asked for as such. It is in use while the config says
so, and only then; search terms stay under a key.

The highest number of a kind is in use; older ones stay so that old rows can
still be asked for. A file without a recovery key is one of before there were any, or
of somebody who wants none: no id is recorded then. Whoever holds the subject key can
turn a pseudonym back by trying every id, so the file is refused unless only its owner
may read it, and its content never appears in a message.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from proxy import private_file
from proxy.errors import UsageError
from proxy.pseudonym import PLAIN, PLAIN_ID
from proxy.recovery import RECOVERY_KEY_BYTES, Recovery

KEY_BYTES = 32
_BYTES = {"session": KEY_BYTES, "subject": KEY_BYTES, "recovery": RECOVERY_KEY_BYTES}
"""Of a key, by kind."""
KINDS = tuple(_BYTES)
_PLAIN_LINE = "subject 0 plain\n"


@dataclass(frozen=True, slots=True, repr=False)
class KeyFile:
    """Keys by id. ``repr`` is left out on purpose: it would print them."""

    session: Mapping[int, bytes]
    subject: Mapping[int, bytes]
    recovery: Mapping[int, bytes] = field(default_factory=dict)
    plain: bool = False
    """Ids are kept as they are."""

    @property
    def recoveries(self) -> dict[int, Recovery]:
        """What ids were ever encrypted with, by number."""
        keys = dict(self.recovery)
        if PLAIN_ID in self.subject:
            keys[PLAIN_ID] = PLAIN
        return {number: Recovery(key, number) for number, key in keys.items()}

    @property
    def recovering(self) -> Recovery | None:
        """What ids are encrypted with; None: they are not recorded."""
        if self.plain:
            return self.recoveries[PLAIN_ID]
        return self.recoveries[max(self.recovery)] if self.recovery else None

    @property
    def session_key(self) -> bytes:
        """The session key in use."""
        return self.session[max(self.session)]

    @property
    def older_session_keys(self) -> tuple[bytes, ...]:
        """Those before it that are still in the file, newest first."""
        older = sorted(self.session, reverse=True)[1:]
        return tuple(self.session[number] for number in older)

    @property
    def subject_key_id(self) -> int:
        """Id of the subject key in use; stands on every view."""
        return PLAIN_ID if self.plain else max(self.subject)

    @property
    def subject_key(self) -> bytes:
        """The subject key in use."""
        return self.subject[self.subject_key_id]

    @property
    def term_keys(self) -> dict[int, bytes]:
        """What search terms were ever hashed with: never without a key."""
        return {each: key for each, key in self.subject.items() if each != PLAIN_ID}


def load_or_create(path: Path, *, plain: bool = False) -> KeyFile:
    """The keys of this file; a missing file is made with fresh ones, mode 0600.

    With ``plain`` the file says from then on that ids were kept as they are.

    Raises:
        UsageError: readable by others, or not in the format.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = (
            "# Keys of this sidecar's pseudonyms. Keep a copy in a safe: without\n"
            "# them no question about a client can be asked any more.\n"
            f"session 1 {secrets.token_hex(KEY_BYTES)}\n"
            f"subject 1 {secrets.token_hex(KEY_BYTES)}\n"
            f"recovery 1 {secrets.token_hex(RECOVERY_KEY_BYTES)}\n"
        )
        _create(path, text)
    if plain and PLAIN_ID not in load(path).subject:
        _append(path, _PLAIN_LINE)
    found = load(path, plain=plain)
    if not found.session or not found.term_keys:
        raise UsageError(f"{path}: a sidecar needs a session key and a subject key")
    return found


def rotate(path: Path, kind: str) -> int:
    """Add a newer key of this kind, the others stay; its number.

    Running processes read the file at their start: restart the sidecar's.

    Raises:
        UsageError: no such kind, or not a key file of this process's own.
    """
    if kind not in KINDS:
        raise UsageError(f"{kind}: no such kind of key; there are {', '.join(KINDS)}")
    before = load(path)
    held: Mapping[int, bytes] = getattr(before, kind)
    number = max(held, default=0) + 1
    _append(path, f"{kind} {number} {secrets.token_hex(_BYTES[kind])}\n")
    return number


def _append(path: Path, line: str) -> None:
    """Add a line; whole, or not at all."""
    text = private_file.read(path, "the key file").decode("ascii")
    separator = "" if text.endswith("\n") else "\n"
    made = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        _create(made, text + separator + line)
        _give(made, path.stat())
        made.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def _give(made: Path, before: os.stat_result) -> None:
    """To whom the file before it belonged: the sidecar must be able to read it."""
    now = made.stat()
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        os.chown(made, before.st_uid, before.st_gid)
    made.chmod(stat.S_IMODE(before.st_mode))


def load(path: Path, *, plain: bool = False) -> KeyFile:
    """The keys of this file; with ``plain`` it need not be there.

    Raises:
        UsageError: missing, readable by others, or not in the format.
    """
    if plain and not path.exists():
        return KeyFile(session={}, subject={PLAIN_ID: PLAIN}, plain=True)
    content = private_file.read(path, "the key file")
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the key file is not ASCII text") from None
    return parse(text, str(path), plain=plain)


def parse(text: str, name: str, *, plain: bool = False) -> KeyFile:
    """Read the format.

    With ``plain`` ids are kept, and asked for, as they are; keys may be missing.

    Raises:
        UsageError: names the line, never its content.
    """
    keys: dict[str, dict[int, bytes]] = {kind: {} for kind in KINDS}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if words == _PLAIN_LINE.split():
            keys["subject"][PLAIN_ID] = PLAIN
            continue
        try:
            kind, key_id, digits = words
            key = bytes.fromhex(digits)
            if len(key) != _BYTES[kind] or int(key_id) in (*keys[kind], PLAIN_ID):
                raise ValueError  # noqa: TRY301
            keys[kind][int(key_id)] = key
        except (ValueError, KeyError):
            # The cause is left out: its text would quote the key.
            raise UsageError(
                f"{name}:{number}: expected '(session|subject) NUMBER "
                f"{KEY_BYTES * 2} hex digits' or 'recovery NUMBER "
                f"{RECOVERY_KEY_BYTES * 2} hex digits', each number once"
            ) from None
    if plain:
        keys["subject"][PLAIN_ID] = PLAIN
    for kind in () if plain else ("session", "subject"):
        if not max(keys[kind], default=PLAIN_ID):
            raise UsageError(f"{name}: no {kind} key in this file")
    return KeyFile(
        session=keys["session"],
        subject=keys["subject"],
        recovery=keys["recovery"],
        plain=plain,
    )


def secret_or_create(path: Path) -> str:
    """The secret word of a file (a password), made at random when missing.

    Raises:
        UsageError: unreadable, readable by others, or empty.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(path, secrets.token_urlsafe(24) + "\n")
    return secret(path)


def secret(path: Path) -> str:
    """The secret word of a file.

    Raises:
        UsageError: unreadable, readable by others, or empty.
    """
    try:
        word = private_file.read(path).decode().strip()
    except UnicodeDecodeError:
        raise UsageError(f"{path}: cannot read this secret: not UTF-8") from None
    if not word:
        raise UsageError(f"{path}: is empty; put the secret in it")
    return word


def _create(path: Path, text: str) -> None:
    """Write a new file that nobody else may read, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process of this sidecar was first: its keys count
    finally:
        temporary.unlink()
