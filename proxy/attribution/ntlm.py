r"""NTLM messages, as far as naming somebody needs: pure.

Format (MS-NLMP 2.2.1): ``NTLMSSP\0``, type u32 at 8, little endian. Of type 3
(AUTHENTICATE) the fields at 12 (LM response), 20 (NT response), 28 (domain), 36
(user) each say length u16, maximum u16, offset u32; flags u32 stand at 60. Of
type 2 (CHALLENGE) flags stand at 20.

Hostile input gives ``None`` or a reason, never an exception. A message that a
lenient server could read in another way than this module is refused: fields
that reach outside, that lie in the fixed part, of odd length in UTF-16, with
control characters or a backslash in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from proxy.attribution.schemes.base import MAX_NAME

SIGNATURE = b"NTLMSSP\0"
UNICODE = 0x1
"""Text is UTF-16LE; without it, in the client's OEM code page."""
OEM = 0x2
ANONYMOUS = 0x800

_FIELD = Struct("<HHI")
_NUMBER = Struct("<I")
_FIXED = 64
"""Bytes before the payload of a type 3. The oldest clients have no flags and
payload from 52 on; their code page is unknown, so they are refused."""


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who a type 3 claims to be: either a name or the reason for none."""

    name: str = ""
    """``DOMAIN\\user``, or the user alone when the domain is empty (a UPN)."""
    reason: str = ""
    """``anonymous``, ``malformed_token``, ``unusable_name`` or
    ``unknown_charset``."""
    unicode: bool = False


def message_type(message: bytes) -> int:
    """1, 2 or 3; 0 for anything that is no NTLM message."""
    if len(message) < 12 or not message.startswith(SIGNATURE):
        return 0
    found: int = _NUMBER.unpack_from(message, 8)[0]
    return found if found in {1, 2, 3} else 0


def challenge_flags(message: bytes) -> int | None:
    """Flags of a type 2: what the server chose; None when it has none."""
    if message_type(message) != 2 or len(message) < 32:
        return None
    flags: int = _NUMBER.unpack_from(message, 20)[0]
    return flags


def authenticated(message: bytes, oem_charset: str = "ascii") -> Authenticated:
    """Read a type 3.

    Args:
        message: Raw, without base64 and without SPNEGO around it.
        oem_charset: Python's name of the code page of clients that do not
            speak UTF-16; the message does not say which.
    """
    if message_type(message) != 3 or len(message) < _FIXED:
        return Authenticated(reason="malformed_token")
    fields = [_field(message, at) for at in (12, 20, 28, 36)]
    lm, nt, domain, user = fields
    if lm is None or nt is None or domain is None or user is None:
        return Authenticated(reason="malformed_token")
    flags: int = _NUMBER.unpack_from(message, 60)[0]
    unicode = bool(flags & UNICODE)
    if flags & ANONYMOUS or not user or (not nt and len(lm) <= 1):
        return Authenticated(reason="anonymous", unicode=unicode)
    charset = "utf-16-le" if unicode else oem_charset
    try:
        names = [part.decode(charset) for part in (domain, user)]
    except UnicodeDecodeError:
        reason = "malformed_token" if unicode else "unknown_charset"
        return Authenticated(reason=reason, unicode=unicode)
    if not all(_usable(name) for name in names) or not names[1].strip():
        return Authenticated(reason="unusable_name", unicode=unicode)
    name = "\\".join(filter(None, names))
    if len(name) > MAX_NAME:
        return Authenticated(reason="unusable_name", unicode=unicode)
    return Authenticated(name, unicode=unicode)


def _usable(text: str) -> bool:
    return text.isprintable() and "\\" not in text and text == text.strip()


def _field(message: bytes, at: int) -> bytes | None:
    length, _, offset = _FIELD.unpack_from(message, at)
    if not length:
        return b""
    if offset < _FIXED or offset + length > len(message):
        return None
    return message[offset : offset + length]
