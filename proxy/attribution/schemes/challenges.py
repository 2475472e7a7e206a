"""Challenges and parameters of HTTP authentication (RFC 9110 11.2 to 11.6).

Servers put several challenges into one header, separated by the same comma
that separates the parameters of one. What cannot be read ends the reading; what
was read before it stands. Never raises; linear in the length of the header.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from proxy.exchange.model import Response

MAX_ITEMS = 64
"""Challenges and parameters read of one header; Digest has 10."""
MAX_HEADER = 8192
"""Bytes of one header; the rest is left unread."""

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER = re.compile(
    rb"(%b)[ \t]*=[ \t]*(?:\"((?:[^\"\\]|\\.)*+)\"|(%b(?=[ \t,]|\Z)))"
    % (_TOKEN, rb"(?!=)[^\s\",]+"),
    re.DOTALL,
)
_SCHEME = re.compile(rb"(%b)(?:[ \t]+|(?=,)|\Z)" % _TOKEN)
_TOKEN68 = re.compile(rb"[A-Za-z0-9\-._~+/]+=*[ \t]*(?=,|\Z)")
_SEPARATOR = re.compile(rb"[ \t]*(?:,[ \t]*)*")
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ODD_ESCAPE = re.compile(rb"\\[^\"\\]", re.DOTALL)


class Parameter(NamedTuple):
    """One ``name=value``, the name in lower case."""

    name: bytes
    value: bytes
    odd: bool = False
    """Holds a backslash that stands for itself to some and not to others."""


class Challenge(NamedTuple):
    """One challenge, its scheme in lower case."""

    scheme: bytes
    parameters: list[Parameter]

    def get(self, name: bytes) -> bytes | None:
        """The first value of a parameter, or None."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter.value
        return None


def challenges(response: Response) -> list[Challenge]:
    """Every challenge of a 401, in order."""
    found: list[Challenge] = []
    for value in response.get_all(b"www-authenticate")[:MAX_ITEMS]:
        found += _challenges(value[:MAX_HEADER])
    return found[:MAX_ITEMS]


def parameters(text: bytes) -> list[Parameter] | None:
    """The parameters of one Authorization; None when they cannot be read whole."""
    found: list[Parameter] = []
    at = 0
    if len(text) > MAX_HEADER:
        return None
    while at < len(text):
        match = _PARAMETER.match(text, at)
        if match is None or len(found) == MAX_ITEMS:
            return None
        found.append(_parameter(match))
        at = _separated(text, match.end())
        if at < len(text) and b"," not in text[match.end() : at]:
            return None
    return found


def _challenges(text: bytes) -> list[Challenge]:
    found: list[Challenge] = []
    at = _separated(text, 0)
    for _ in range(MAX_ITEMS):
        if at >= len(text):
            break
        parameter = _PARAMETER.match(text, at)
        if parameter is not None and found:
            found[-1].parameters.append(_parameter(parameter))
            at = _separated(text, parameter.end())
            continue
        scheme = _SCHEME.match(text, at)
        if scheme is None:
            break
        found.append(Challenge(scheme[1].lower(), []))
        at = scheme.end()
        if _PARAMETER.match(text, at) is None:
            token = _TOKEN68.match(text, at)
            # A word alone before a comma is a scheme by itself.
            if token is not None and at > scheme.end(1):
                at = token.end()
        at = _separated(text, at)
    return found


def _separated(text: bytes, at: int) -> int:
    match = _SEPARATOR.match(text, at)
    return at if match is None else match.end()


def _parameter(match: re.Match[bytes]) -> Parameter:
    name, quoted, bare = match.groups()
    if quoted is None:
        return Parameter(name.lower(), bare)
    odd = _ODD_ESCAPE.search(quoted.replace(b"\\\\", b"")) is not None
    return Parameter(name.lower(), _ESCAPE.sub(rb"\1", quoted), odd)
