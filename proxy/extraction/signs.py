"""Signs of personal data in text that no rule reads.

BSN, the Dutch citizen number: nine digits (eight when a leading zero was
dropped, dots allowed) for which 9a+8b+7c+6d+5e+4f+3g+2h-i is a multiple of 11.
One in eleven of any nine-digit numbers passes: a sign, not a proof.
"""

from __future__ import annotations

import re

_RUN = re.compile(
    r"(?<!\d)\d(?:\d{7,8}|\d{2}\.\d{3}\.\d{3}|\d{1,3}\.\d{2}\.\d{3})(?!\d)"
)
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
MOST_RUNS = 20_000
"""Numbers that are tested in one body; a table of everything has fewer, and a
body full of numbers that all fail is measured data."""


def passes_eleven_test(digits: str) -> bool:
    """Whether these eight or nine digits could be a BSN."""
    if len(digits) not in (8, 9) or not digits.isascii() or not digits.isdigit():
        return False
    digits = digits.zfill(9)
    total = sum(
        weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)
    )
    return total % 11 == 0 and digits != "000000000"


def sign_of_personal_data(text: str) -> str:
    """The first kind of sign found (``bsn``), or ''."""
    for count, found in enumerate(_RUN.finditer(text)):
        if count >= MOST_RUNS:
            break
        if passes_eleven_test(found[0].replace(".", "")):
            return "bsn"
    return ""
