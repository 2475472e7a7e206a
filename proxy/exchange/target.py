"""Request targets (RFC 9112 3.2): where a request points, as the server sees it.

Rules match on ``path``. It is what applications act on: percent-decoded, path
parameters (``;jsessionid=``) taken out, ``.`` and ``..`` and double slashes
resolved, backslashes turned (IIS, Tomcat on Windows). Servers differ in these
steps, so a target that needed more than decoding of plain characters and
removal of parameters is marked ``odd``: an employee can write
``/static/..;/client/1``, and a rule that *ignores* must not claim such a
target. Never raises.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from proxy.exchange.forms import Field, decode_value, parse_query
from proxy.exchange.limits import Limits

_PLAIN = (
    b"/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~!$&'()*+,=:@-"
)
"""Bytes that every server takes for themselves."""
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_ODD_ESCAPE = re.compile(
    rb"%(?:2[fF]|5[cC]|00|25|3[bB]|[^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)"
)
_DEFAULT_LIMITS = Limits()


class Target(NamedTuple):
    """A request target, taken apart."""

    path: str
    """Decoded and resolved; begins with ``/`` except for ``*`` and CONNECT."""
    raw_path: bytes
    """As sent, parameters included, scheme, authority and query left out."""
    query: list[Field]
    """Every field in order, duplicates kept."""
    raw_query: bytes
    parameters: list[Field]
    """Path parameters, of whichever segment: ``jsessionid`` → its value."""
    authority: str = ""
    """Of absolute-form and authority-form."""
    odd: bool = False
    """Servers may differ about the path; see the module."""


def parse_target(
    target: bytes, *, connect: bool = False, limits: Limits = _DEFAULT_LIMITS
) -> Target:
    """Take a request target apart; ``connect`` for the method CONNECT."""
    raw_path, _, raw_query = target.partition(b"?")
    if (
        _is_plain(raw_path)
        and not connect
        and (not raw_query or (b" " not in raw_query and b"#" not in raw_query))
    ):
        query = parse_query(raw_query, limits=limits) if raw_query else []
        return Target(raw_path.decode("ascii"), raw_path, query, raw_query, [])
    if target == b"*":
        return Target("*", target, [], b"", [])
    if connect:
        return Target("", b"", [], b"", [], target.decode("latin-1"))
    authority = ""
    if target[:1] != b"/" and (match := _SCHEME.match(target)):
        authority = match[1].decode("latin-1")
        target = target[match.end() :]
        if target[:1] != b"/":
            target = b"/" + target
    odd = target[:1] != b"/"
    if b" " in target:
        odd = True  # some servers end the target here
    fragment = target.find(b"#")
    if fragment >= 0:
        target = target[:fragment]
        odd = True
    raw_path, _, raw_query = target.partition(b"?")
    query = parse_query(raw_query, limits=limits) if raw_query else []
    if not odd and _is_plain(raw_path):
        path = raw_path.decode("ascii")
        return Target(path, raw_path, query, raw_query, [], authority)
    return _resolve(raw_path, query, raw_query, authority, odd=odd, limits=limits)


def without_segment(target: Target, segment: re.Pattern[str]) -> Target:
    """The target as if no segment of its path held a session key."""
    pieces = target.path.split("/")
    kept = [piece for piece in pieces if not segment.fullmatch(piece)]
    if len(kept) == len(pieces):
        return target
    return target._replace(path="/".join(kept) or "/")


def _is_plain(raw_path: bytes) -> bool:
    """Nothing in it is decoded, resolved or taken out by any server."""
    return (
        raw_path[:1] == b"/"
        and not raw_path.translate(None, _PLAIN)
        and b"//" not in raw_path
        and b"/." not in raw_path
    )


def _resolve(
    raw_path: bytes,
    query: list[Field],
    raw_query: bytes,
    authority: str,
    *,
    odd: bool,
    limits: Limits,
) -> Target:
    parameters: list[Field] = []
    segments: list[bytes] = []
    odd = odd or bool(_ODD_ESCAPE.search(raw_path))
    for segment in raw_path.split(b"/"):
        name, semicolon, tail = segment.partition(b";")
        if semicolon:
            for item in tail.split(b";")[: limits.fields]:
                key, _, value = item.partition(b"=")
                parameters.append((_text(key), _text(value)))
        segments.append(unquote_to_bytes(name) if b"%" in name else name)
    decoded = b"/".join(segments)
    resolved = decoded.replace(b"\\", b"/").replace(b"\0", b"")
    parts: list[bytes] = []
    pieces = resolved.split(b"/")
    for piece in pieces:
        if piece == b"..":
            del parts[-1:]
        elif piece and piece != b".":
            parts.append(piece)
    path = b"/" + b"/".join(parts)
    if parts and pieces[-1] in (b"", b".", b".."):
        path += b"/"
    return Target(
        decode_value(path),
        raw_path,
        query,
        raw_query,
        parameters[: limits.fields],
        authority,
        # Overlong UTF-8: a dot or a slash to decoders of the time.
        odd or path != decoded or b"\xc0" in path or b"\xc1" in path,
    )


def _text(value: bytes) -> str:
    return decode_value(unquote_to_bytes(value))
