"""Native blocks at a later protocol revision.

The engine writes its Native format at revision 0. Clients that name a
``client_protocol_version`` of at least ``CUSTOM_SERIALIZATION`` (the Go client, and
with it Grafana's plugin, do so without asking) read two things more: a block info
before each block, and after each column's type a byte that says *no custom
serialization*. To place that byte, the end of each column must be known, so this
module walks the columns. Layout: ClickHouse documentation, "Native format" and the
types' binary encodings.

Clients of a lower revision probe and take what they get. A type whose layout is not
known here (JSON, Variant, Dynamic, aggregate states) is refused by name. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from proxy.store.embedded.errors import NOT_IMPLEMENTED, QueryFailed, refused

CUSTOM_SERIALIZATION = 54454
"""First revision with the byte after a column's type."""

_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
"""Field 1, is_overflows = 0; field 2, bucket_num = -1; end."""

_WIDTHS = {
    **dict.fromkeys(("Int8", "UInt8", "Bool", "Enum8", "Nothing"), 1),
    **dict.fromkeys(("Int16", "UInt16", "Date", "Enum16", "BFloat16"), 2),
    **dict.fromkeys(
        ("Int32", "UInt32", "Float32", "Date32", "DateTime", "IPv4", "Time"), 4
    ),
    **dict.fromkeys(("Int64", "UInt64", "Float64", "DateTime64", "Time64"), 8),
    **dict.fromkeys(("Int128", "UInt128", "UUID", "IPv6"), 16),
    **dict.fromkeys(("Int256", "UInt256"), 32),
}
_INDEX_WIDTHS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class _Type:
    name: str
    arguments: tuple[str, ...]


def rewrite(blocks: bytes) -> bytes:
    """The same blocks, as a client of a later revision reads them.

    Raises:
        QueryFailed: a type that is not known here, or bytes that are no blocks.
    """
    out: list[bytes] = []
    at = 0
    try:
        while at < len(blocks):
            at = _block(blocks, at, out)
    except IndexError as error:
        raise _cut() from error
    if at != len(blocks):
        raise _cut()
    return b"".join(out)


def _block(data: bytes, at: int, out: list[bytes]) -> int:
    start = at
    columns, at = _number(data, at)
    rows, at = _number(data, at)
    out += (_BLOCK_INFO, data[start:at])
    for _ in range(columns):
        start = at
        length, at = _number(data, at)
        at += length
        length, at = _number(data, at)
        kind = _parse(data[at : at + length].decode())
        at += length
        out += (data[start:at], b"\x00")
        start = at
        if rows:
            at = _values(kind, data, _prefix(kind, at), rows)
        out.append(data[start:at])
    return at


def _number(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _prefix(kind: _Type, at: int) -> int:
    """Past the state that stands once before the values."""
    if kind.name == "LowCardinality":
        return at + 8
    if kind.name in {"Array", "Nullable", "Tuple", "Map", "Nested"}:
        for argument in kind.arguments:
            at = _prefix(_parse(argument), at)
    elif kind.name == "SimpleAggregateFunction":
        at = _prefix(_parse(kind.arguments[1]), at)
    return at


def _values(kind: _Type, data: bytes, at: int, rows: int) -> int:
    """Past ``rows`` values."""
    width = _width(kind)
    if width:
        return at + width * rows
    match kind.name:
        case "String":
            for _ in range(rows):
                length = data[at]
                at += 1
                if length >= 0x80:
                    length, at = _number(data, at - 1)
                at += length
            return at
        case "Nullable":
            return _values(_parse(kind.arguments[0]), data, at + rows, rows)
        case "SimpleAggregateFunction":
            return _values(_parse(kind.arguments[1]), data, at, rows)
        case "Tuple":
            for argument in kind.arguments:
                at = _values(_parse(argument), data, at, rows)
            return at
        case "Array" | "Map" | "Nested":
            at += 8 * rows
            inner = _fixed(data, at - 8)
            for argument in kind.arguments if inner else ():
                at = _values(_parse(argument), data, at, inner)
            return at
        case "LowCardinality":
            index = _INDEX_WIDTHS[_fixed(data, at) & 0xFF]
            keys = _fixed(data, at + 8)
            inner_kind = _parse(kind.arguments[0])
            if inner_kind.name == "Nullable":
                inner_kind = _parse(inner_kind.arguments[0])
            at = _values(inner_kind, data, at + 16, keys)
            return at + 8 + index * _fixed(data, at)
        case _:
            raise refused(
                NOT_IMPLEMENTED,
                f"Type {kind.name} is not served in Native at this protocol version; "
                "ask for another format or cast it",
                "NOT_IMPLEMENTED",
            )


def _width(kind: _Type) -> int:
    """Bytes of one value, 0 when it has no fixed size."""
    if kind.name == "FixedString":
        return int(kind.arguments[0])
    if kind.name == "Decimal":
        precision = int(kind.arguments[0])
        return next(
            w for p, w in ((9, 4), (18, 8), (38, 16), (76, 32)) if precision <= p
        )
    if kind.name.startswith("Interval"):
        return 8
    return _WIDTHS.get(kind.name, 0)


def _fixed(data: bytes, at: int) -> int:
    if at + 8 > len(data):
        raise _cut()
    return int.from_bytes(data[at : at + 8], "little")


_PIECE = re.compile(r"""'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[(),]|[^'`(),]+""")
_NAMED = re.compile(r"(?:`(?:[^`\\]|\\.)*`|\w+)\s+(?=[A-Z])")


@lru_cache(maxsize=1024)
def _parse(text: str) -> _Type:
    """Name and arguments of a type; names of tuple elements are dropped."""
    name, bracket, _ = text.strip().partition("(")
    if not bracket:
        return _Type(name, ())
    arguments = [""]
    depth = 0
    for piece in _PIECE.findall(text.strip()[len(name) :]):
        depth += (piece == "(") - (piece == ")")
        if depth == 0:
            break
        if piece == "(" and depth == 1:
            continue
        if piece == "," and depth == 1:
            arguments.append("")
        else:
            arguments[-1] += piece
    named = (a.strip() for a in arguments)
    if name in {"Tuple", "Nested"}:
        named = (_NAMED.sub("", a, count=1) if _NAMED.match(a) else a for a in named)
    return _Type(name, tuple(a for a in named if a))


def _cut() -> QueryFailed:
    return refused(NOT_IMPLEMENTED, "Native block of unknown layout", "NOT_IMPLEMENTED")
