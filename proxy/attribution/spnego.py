"""What is inside a ``Negotiate`` token: NTLM, a Kerberos ticket or neither; pure.

Format: RFC 4178 (SPNEGO) in RFC 2743 framing, DER; the Kerberos token of RFC
4121 holds an AP-REQ of RFC 4120. Nothing is decrypted: of a ticket only the
realm of the service and the service's name are in the clear.

Reading is bounded by the token: every element is a slice of it, each is walked
once, nothing recurses. Anything unexpected (indefinite or overlong lengths,
repeated or unordered elements, trailing bytes) is ``None``: a lenient server
might read it in another way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from proxy.attribution import ntlm

_SPNEGO = bytes.fromhex("2b0601050502")
"""1.3.6.1.5.5.2"""
_KERBEROS = bytes.fromhex("2a864886f712010202")
"""1.2.840.113554.1.2.2"""
_MS_KERBEROS = bytes.fromhex("2a864882f712010202")
"""1.2.840.48018.1.2.2, how Windows 2000 wrote it and others still offer it."""
_AP_REQ = b"\x01\x00"

_APPLICATION_0 = 0x60
_SEQUENCE = 0x30
_OCTETS = 0x04
_OID = 0x06
_GENERAL_STRING = 0x1B


class Mechanism(Enum):
    """What a token is made for."""

    NTLM = "ntlm"
    KERBEROS = "kerberos"
    OTHER = "other"
    """Another mechanism, or a step of a handshake that carries no token."""


@dataclass(frozen=True, slots=True)
class Inner:
    """A token with SPNEGO taken off."""

    mechanism: Mechanism
    token: bytes = b""
    """NTLM: the message. Kerberos: the whole RFC 4121 token."""


def unwrap(token: bytes) -> Inner | None:
    """What a client's or server's ``Negotiate`` token carries; None: broken."""
    if token.startswith(ntlm.SIGNATURE):
        return Inner(Mechanism.NTLM, token)
    outer = _only(token)
    if outer is None:
        return None
    tag, content = outer
    if tag == 0xA1:
        return _response(content)
    if tag != _APPLICATION_0:
        return None
    first = _element(content)
    if first is None or first[0] != _OID:
        return None
    if first[1] == _KERBEROS:
        return Inner(Mechanism.KERBEROS, token)
    if first[1] != _SPNEGO:
        return Inner(Mechanism.OTHER)
    inner = _only(first[2])
    if inner is None or inner[0] != 0xA0:
        return None
    return _initial(inner[1])


def realm_of(token: bytes) -> str:
    """Realm of the ticket in a Kerberos token; empty when it is not readable."""
    content = _inside(token, _APPLICATION_0)
    oid = _element(content or b"")
    if oid is None or oid[0] != _OID or not oid[2].startswith(_AP_REQ):
        return ""
    request = _inside(oid[2][2:], 0x6E)
    fields = _fields(_inside(request or b"", _SEQUENCE) or b"")
    ticket = _inside((fields or {}).get(0xA3, b""), 0x61)
    fields = _fields(_inside(ticket or b"", _SEQUENCE) or b"")
    realm = _inside((fields or {}).get(0xA1, b""), _GENERAL_STRING)
    try:
        text = (realm or b"").decode("ascii")
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() and len(text) <= 255 else ""


def _initial(content: bytes) -> Inner | None:
    """NegTokenInit: the token is for the first mechanism that is offered."""
    fields = _fields(_inside(content, _SEQUENCE) or b"")
    if not fields or 0xA0 not in fields:
        return None
    offered = _inside(fields[0xA0], _SEQUENCE)
    first = _element(offered or b"")
    if first is None or first[0] != _OID:
        return None
    if 0xA2 not in fields:
        return Inner(Mechanism.OTHER)
    token = _inside(fields[0xA2], _OCTETS)
    if token is None:
        return None
    if token.startswith(ntlm.SIGNATURE):
        return Inner(Mechanism.NTLM, token)
    if first[1] in {_KERBEROS, _MS_KERBEROS}:
        return Inner(Mechanism.KERBEROS, token)
    return Inner(Mechanism.OTHER)


def _response(content: bytes) -> Inner | None:
    """NegTokenResp: a later step, of either side."""
    fields = _fields(_inside(content, _SEQUENCE) or b"")
    if fields is None:
        return None
    if 0xA2 not in fields:
        return Inner(Mechanism.OTHER)
    token = _inside(fields[0xA2], _OCTETS)
    if token is None:
        return None
    if token.startswith(ntlm.SIGNATURE):
        return Inner(Mechanism.NTLM, token)
    return Inner(Mechanism.OTHER)


# -- DER ---------------------------------------------------------------------


def _element(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Tag, content and what follows of the first element."""
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        return None
    size, start = data[1], 2
    if size & 0x80:
        count = size & 0x7F
        start += count
        if not 1 <= count <= 4 or len(data) < start:
            return None
        size = int.from_bytes(data[2:start], "big")
    end = start + size
    if end > len(data):
        return None
    return data[0], data[start:end], data[end:]


def _only(data: bytes) -> tuple[int, bytes] | None:
    """Tag and content of an element with nothing after it."""
    found = _element(data)
    return None if found is None or found[2] else found[:2]


def _inside(data: bytes, tag: int) -> bytes | None:
    """Content of an element of this tag with nothing after it."""
    found = _only(data)
    return None if found is None or found[0] != tag else found[1]


def _fields(data: bytes) -> dict[int, bytes] | None:
    """Content by tag of a sequence of tagged elements in ascending order."""
    fields: dict[int, bytes] = {}
    last = 0
    while data:
        found = _element(data)
        if found is None or found[0] <= last:
            return None
        last, content, data = found
        fields[last] = content
    return fields
