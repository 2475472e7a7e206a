"""Errors of the store, told as ClickHouse tells them.

A body ``Code: 60. DB::Exception: … (UNKNOWN_TABLE)``, the number in the header
``X-ClickHouse-Exception-Code``, and the HTTP status that ClickHouse gives that
number (observed behaviour of its HTTP interface).
"""

from __future__ import annotations

import re

_CODE = re.compile(r"Code: (\d+)\. DB::Exception: ")

BAD_ARGUMENTS = 36
NOT_IMPLEMENTED = 48
SYNTAX_ERROR = 62
UNKNOWN_FORMAT = 73
READONLY = 164
AUTHENTICATION_FAILED = 516
TOO_MANY_SIMULTANEOUS_QUERIES = 202
QUERY_IS_TOO_LARGE = 229
TOO_MANY_ROWS_OR_BYTES = 396
ACCESS_DENIED = 497
CANNOT_DECOMPRESS = 271
UNKNOWN_EXCEPTION = 1002

_STATUS = {
    **dict.fromkeys((194,), 401),
    **dict.fromkeys((192, 193, 511, 516), 403),
    **dict.fromkeys((46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336), 404),
    **dict.fromkeys((159,), 408),
    **dict.fromkeys((229,), 413),
    **dict.fromkeys((48,), 501),
    **dict.fromkeys((76, 202, 209), 503),
    **dict.fromkeys(
        (6, 8, 15, 25, 26, 27, 36, 38, 41, 44, 53, 62, 72, 117, 271, 321, 456), 400
    ),
}


class QueryFailed(Exception):
    """The engine, or the server before it, refused a query."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status of this code; 500 when ClickHouse names none."""
        return _STATUS.get(self.code, 500)


def refused(code: int, what: str, name: str) -> QueryFailed:
    """A refusal of our own in ClickHouse's form."""
    return QueryFailed(code, f"Code: {code}. DB::Exception: {what}. ({name})")


def from_engine(text: str) -> QueryFailed:
    """The error of this engine message."""
    match = _CODE.search(text)
    if match is None:
        return QueryFailed(
            UNKNOWN_EXCEPTION,
            f"Code: {UNKNOWN_EXCEPTION}. DB::Exception: {text}. (UNKNOWN_EXCEPTION)",
        )
    return QueryFailed(int(match.group(1)), text[match.start() :].strip())
