"""HTML and XML: names of elements and attributes are kept, texts and values are not.

By pattern, not by parsing: broken markup stays as broken as it was, and a page takes
time linear in its length.
"""

from __future__ import annotations

import re

from proxy.redaction.standin import StandIns
from proxy.redaction.values import address

_PIECE = re.compile(
    rb"<!--(?P<comment>.*?)-->|<!\[CDATA\[(?P<cdata>.*?)\]\]>"
    rb"|<(?P<other>[!?][^>]*)>"
    rb"|<(?P<tag>/?[A-Za-z][^\s/>\"'=<]*)(?P<rest>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    rb"([^\s\"'<>/=]+)(\s*=\s*)(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)|(\"[^\"]*\"|'[^']*')"
)
_ENTITY = re.compile(rb"&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|[A-Za-z]{2,31});")

_KEPT = re.compile(
    rb"(?i)<!doctype html(?: (?:public|system)[^<>]*//(?:W3C|WAPFORUM)//[^<>]*)?\s*>"
    rb"|<\?xml version=.1\.[01].(?: encoding=.[a-z0-9-]{1,16}.)?\s*\?>"
)
_WORD = re.compile(rb"\S+")
_NAMING = frozenset(
    b"class id name type rel method enctype for role lang xml:lang dir charset scope "
    b"http-equiv colspan rowspan size maxlength width height style tabindex target "
    b"autocomplete media align valign border version encoding viewport".split()
)
"""Attributes that name things and hold no value of anybody; numbers in them are
replaced all the same."""
_FLAGS = frozenset(
    b"allowfullscreen async autofocus autoplay checked compact controls default defer "
    b"disabled formnovalidate hidden inert ismap itemscope loop multiple muted nohref "
    b"nomodule noshade novalidate nowrap open readonly required reversed "
    b"selected".split()
)
"""Attributes that have no value."""
_AS_IT_IS = frozenset(b"style colspan rowspan width height version encoding".split())
_ADDRESSES = frozenset(b"href src action formaction background data-url cite".split())


def markup(standins: StandIns, data: bytes) -> bytes:
    """A page or document, or a piece of one."""
    parts: list[bytes] = []
    position = 0
    for found in _PIECE.finditer(data):
        parts += (
            text(standins, data[position : found.start()]),
            _piece(standins, found),
        )
        position = found.end()
    # A tag that never ends is text to nobody, but it may hold what was said.
    parts.append(text(standins, data[position:]))
    return b"".join(parts)


def text(standins: StandIns, data: bytes) -> bytes:
    """Text of a page, with its character references."""
    parts: list[bytes] = []
    position = 0
    for found in _ENTITY.finditer(data):
        parts += (standins.text(data[position : found.start()]), _entity(found))
        position = found.end()
    parts.append(standins.text(data[position:]))
    return b"".join(parts)


def _entity(found: re.Match[bytes]) -> bytes:
    """Letters written as numbers become one letter; signs and names stay."""
    decimal, hexadecimal = found[1], found[2]
    if decimal is None and hexadecimal is None:
        return found[0]
    code = int(decimal) if decimal is not None else int(hexadecimal, 16)
    if code < 0x80 and not chr(code).isalnum():
        return found[0]
    if decimal is not None:
        letter = b"233" if len(decimal) > 2 else b"88"
        return b"&#" + letter.rjust(len(decimal), b"0")[-len(decimal) :] + b";"
    size = len(hexadecimal)
    letter = b"e9" if size > 1 else b"9"
    return found[0][:3] + letter.rjust(size, b"0") + b";"


def _piece(standins: StandIns, found: re.Match[bytes]) -> bytes:
    if found["tag"] is not None:
        return b"<" + found["tag"] + _rest(standins, found["rest"]) + b">"
    if found["other"] is not None:
        return found[0] if _KEPT.fullmatch(found[0]) else text(standins, found[0])
    name = "comment" if found["comment"] is not None else "cdata"
    start, end = found.start(name) - found.start(), found.end(name) - found.start()
    return found[0][:start] + text(standins, found[name]) + found[0][end:]


def _rest(standins: StandIns, rest: bytes) -> bytes:
    parts: list[bytes] = []
    position = 0
    for found in _ATTRIBUTE.finditer(rest):
        between = rest[position : found.start()]
        parts += (_bare(standins, between), _attribute(standins, found))
        position = found.end()
    parts.append(_bare(standins, rest[position:]))
    return b"".join(parts)


def _bare(standins: StandIns, words: bytes) -> bytes:
    """Attributes without a value; where quotes are wrong, anything else."""
    if not words.strip(b" \t\r\n/"):
        return words
    return _WORD.sub(
        lambda found: (
            found[0] if found[0].lower() in _FLAGS else text(standins, found[0])
        ),
        words,
    )


def _attribute(standins: StandIns, found: re.Match[bytes]) -> bytes:
    if found[4] is not None:
        return text(standins, found[4])
    name, between, value = found[1], found[2], found[3]
    lowered = name.lower()
    if lowered in _AS_IT_IS or lowered.startswith(b"xmlns"):
        return found[0]
    quote = value[:1] if value[:1] in (b'"', b"'") else b""
    inner = value[1:-1] if quote else value
    if lowered in _NAMING:
        inner = standins.names(inner)
    elif lowered in _ADDRESSES:
        inner = address(standins, inner)
    else:
        inner = text(standins, inner)
    return standins.names(name) + between + quote + inner + quote
