"""Signs of personal data in text that no rule reads.

BSN, the Dutch citizen number: nine digits (eight when a leading zero was
dropped, dots allowed as in 1234.56.782 and 123.456.782) for which
9a+8b+7c+6d+5e+4f+3g+2h-i is a multiple of 11. One in eleven of any nine-digit
numbers passes: a sign, not a proof.
"""

from __future__ import annotations

import re

_DOTTED = re.compile(rb"\d{3}\.\d{3}\.\d{3}|\d{3,4}\.\d{2}\.\d{3}|\d{2}\.\d{3}\.\d{3}")
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_NUMBERS = bytes(code if chr(code) in "0123456789." else 32 for code in range(256))
"""Everything but digits and dots becomes white space: splitting then finds
numbers five times faster than a regular expression does."""
_PIECE = 64 * 1024
_OVERLAP = 16
MOST_NUMBERS = 20_000
"""Numbers tested in one body: one with more is measured data, and every number
in it failed so far."""


def passes_eleven_test(digits: bytes) -> bool:
    """Whether these eight or nine digits could be a BSN."""
    if len(digits) not in (8, 9) or not digits.isdigit():
        return False
    total = sum(
        weight * (digit - 48)
        for weight, digit in zip(_WEIGHTS, digits.zfill(9), strict=True)
    )
    return total % 11 == 0 and digits.strip(b"0") != b""


def sign_of_personal_data(text: str, most: int = MOST_NUMBERS) -> str:
    """The first kind of sign found (``bsn``), or ''; ``most`` numbers are tested."""
    tested = 0
    for start in range(0, len(text), _PIECE):
        piece = text[max(0, start - _OVERLAP) : start + _PIECE]
        for number in piece.encode("ascii", "replace").translate(_NUMBERS).split():
            if len(number) < 8:
                continue
            number = number.strip(b".")
            if b"." in number and _DOTTED.fullmatch(number):
                number = number.replace(b".", b"")
            if passes_eleven_test(number):
                return "bsn"
            tested += 1
            if tested >= most:
                return ""
    return ""
