"""JSON, also lines of it and pieces: keys are kept, strings and numbers are not."""

from __future__ import annotations

import re
from collections.abc import Callable

from proxy.redaction.standin import StandIns
from proxy.redaction.values import is_secret

_TOKEN = re.compile(
    rb'"(?P<string>(?:[^"\\]|\\.)*)"(?P<colon>\s*:)?'
    rb"|(?P<number>[0-9]+)(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][+-]?[0-9]+)?"
    rb"|(?P<word>true|false|null)\b",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\u([0-9A-Fa-f]{4})|\\.", re.DOTALL)


def json_text(standins: StandIns, data: bytes) -> bytes:
    """A document; what is no JSON is treated as text."""
    parts = []
    position = 0
    key = b""
    for found in _TOKEN.finditer(data):
        parts.append(standins.text(data[position : found.start()]))
        position = found.end()
        if found["colon"] is not None:
            key = found["string"]
            named = _string(standins.names, key)
            parts.append(b'"' + named + b'"' + found["colon"])
            continue
        if found["string"] is not None:
            if is_secret(key):
                hidden = standins.secret(found["string"])
            else:
                hidden = _string(standins.text, found["string"])
            parts.append(b'"' + hidden + b'"')
        elif found["number"] is not None:
            parts += (standins.text(found["number"]), _fraction(standins, found))
        else:
            parts.append(found[0])
        key = b""
    parts.append(standins.text(data[position:]))
    return b"".join(parts)


def _fraction(standins: StandIns, found: re.Match[bytes]) -> bytes:
    fraction = found["fraction"] or b""
    return standins.text(fraction) + (found["exponent"] or b"")


def _string(hide: Callable[[bytes], bytes], value: bytes) -> bytes:
    parts = []
    position = 0
    for found in _ESCAPE.finditer(value):
        parts.append(hide(value[position : found.start()]))
        position = found.end()
        code = int(found[1], 16) if found[1] else 0
        letter = code >= 0x80 or (found[1] and chr(code).isalnum())
        parts.append(b"\\u00e9" if letter else found[0])
    parts.append(hide(value[position:]))
    return b"".join(parts)
