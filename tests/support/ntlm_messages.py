"""NTLM messages and SPNEGO tokens built byte by byte, as a client would."""

from __future__ import annotations

import base64
from struct import pack

SPNEGO = bytes.fromhex("06062b0601050502")
KERBEROS = bytes.fromhex("06092a864886f712010202")
NTLM = bytes.fromhex("060a2b06010401823702020a")


def type1() -> bytes:
    """A negotiate message."""
    return b"NTLMSSP\0" + pack("<II", 1, 0x8207) + bytes(16)


def type2(flags: int = 0x8201) -> bytes:
    """A challenge."""
    return b"NTLMSSP\0" + pack("<IIII", 2, 0, 0, flags) + b"12345678" + bytes(8)


def type3(
    user: str = "jansen",
    domain: str = "OFFICE",
    *,
    flags: int = 0x8201,
    charset: str = "utf-16-le",
    nt: bytes = bytes(24),
    lm: bytes = bytes(24),
    fixed: int = 64,
) -> bytes:
    """An authenticate message; ``fixed`` is where its payload begins."""
    texts = [lm, nt, domain.encode(charset), user.encode(charset), b"", b""]
    fields, payload = b"", b""
    for text in texts:
        fields += pack("<HHI", len(text), len(text), fixed + len(payload))
        payload += text
    head = b"NTLMSSP\0" + pack("<I", 3) + fields + pack("<I", flags)
    return head[:fixed] + payload


def der(tag: int, *parts: bytes) -> bytes:
    """One DER element."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        length = bytes([size])
    else:
        octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + content


def initial(token: bytes | None, *mechanisms: bytes) -> bytes:
    """A client's first SPNEGO token."""
    offered = der(0xA0, der(0x30, *(mechanisms or (NTLM,))))
    inner = b"" if token is None else der(0xA2, der(0x04, token))
    return der(0x60, SPNEGO, der(0xA0, der(0x30, offered, inner)))


def response(token: bytes) -> bytes:
    """A later SPNEGO token, of either side."""
    state = der(0xA0, der(0x0A, b"\x01"))
    return der(0xA1, der(0x30, state, der(0xA2, der(0x04, token))))


def kerberos(realm: str = "OFFICE.EXAMPLE") -> bytes:
    """A Kerberos token whose ticket holds nothing but its realm in clear."""
    ticket = der(
        0x61,
        der(
            0x30,
            der(0xA0, der(0x02, b"\x05")),
            der(0xA1, der(0x1B, realm.encode())),
            der(0xA2, der(0x30)),
            der(0xA3, der(0x30)),
        ),
    )
    request = der(
        0x6E,
        der(
            0x30,
            der(0xA0, der(0x02, b"\x05")),
            der(0xA1, der(0x02, b"\x0e")),
            der(0xA2, der(0x03, bytes(5))),
            der(0xA3, ticket),
            der(0xA4, der(0x30)),
        ),
    )
    return der(0x60, KERBEROS, b"\x01\x00", request)


def header(word: str, token: bytes) -> bytes:
    """Value of Authorization or WWW-Authenticate."""
    return word.encode() + b" " + base64.b64encode(token)
