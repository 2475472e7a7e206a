"""Addresses, forms and what stands in them; see the package.

Percent escapes are undone, redacted and written again, so that a value has the same
stand-in in an address, in a form and on the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from proxy.redaction.standin import StandIns

_SECRET = re.compile(rb"(?i)pass|pwd|wachtwoord|secret|geheim|pincode|\bpin\b|otp|totp")
"""Names of fields whose values are secrets; substrings, since applications spell them
in a thousand ways."""
_UNIT = re.compile(rb"%([0-9A-Fa-f]{2})|.", re.DOTALL)
_SPLIT = re.compile(rb"(&amp;|&|;)")
_ORIGIN = re.compile(rb"(?i)(?:[a-z][a-z0-9+.-]*:)?//[^/?#]*")
_SEGMENT = re.compile(rb"[^/;]+|;[^/;]*|/")
_HAS_DIGIT = re.compile(rb"[0-9]")


def is_secret(name: bytes) -> bool:
    """Whether a field of this name holds a password or the like."""
    return _SECRET.search(name) is not None


def escaped(hide: Callable[[bytes], bytes], value: bytes) -> bytes:
    """A value of an address or a form, hidden by ``hide`` as if it had no escapes."""
    if b"%" not in value:
        return hide(value)
    units = [(found[0], found[1]) for found in _UNIT.finditer(value)]
    plain = bytes(int(code, 16) if code else unit[0] for unit, code in units)
    standin = hide(plain)
    parts = []
    for (_, code), byte in zip(units, standin, strict=True):
        spelled = b"%02x" % byte
        if code and code != code.lower():
            spelled = spelled.upper()
        parts.append(b"%" + spelled if code else bytes((byte,)))
    return b"".join(parts)


def fields(standins: StandIns, data: bytes) -> bytes:
    """``name=value&name=value``: names are kept, values are not."""
    return b"".join(
        part if n % 2 else _field(standins, part)
        for n, part in enumerate(_SPLIT.split(data))
    )


def _field(standins: StandIns, field: bytes) -> bytes:
    name, equals, value = field.partition(b"=")
    if not equals:
        return escaped(standins.text, name)
    hide = standins.secret if is_secret(name) else standins.text
    return escaped(standins.names, name) + equals + escaped(hide, value)


def address(standins: StandIns, url: bytes) -> bytes:
    """Scheme, host, and segments of the path without a digit are kept, like names of
    fields; segments with digits, parameters and values of fields are not."""
    rest, hash_sign, fragment = url.partition(b"#")
    rest, question, query = rest.partition(b"?")
    origin = _ORIGIN.match(rest)
    front = b""
    if origin is not None:
        front, rest = _origin(standins, origin[0]), rest[origin.end() :]
    path = b"".join(_segment(standins, part) for part in _SEGMENT.findall(rest))
    query = fields(standins, query)
    return front + path + question + query + hash_sign + standins.text(fragment)


def _origin(standins: StandIns, origin: bytes) -> bytes:
    before, at, host = origin.rpartition(b"@")
    if not at:
        return origin
    slashes = before.rindex(b"//") + 2
    return before[:slashes] + standins.secret(before[slashes:]) + at + host


def _segment(standins: StandIns, part: bytes) -> bytes:
    if part.startswith(b";"):
        name, equals, value = part[1:].partition(b"=")
        if not equals:
            return b";" + escaped(standins.text, name)
        return b";" + name + equals + escaped(standins.text, value)
    return escaped(standins.text, part) if _HAS_DIGIT.search(part) else part
