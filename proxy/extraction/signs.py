"""Signs of personal data in text that no rule reads.

* ``bsn``, the Dutch citizen number: nine digits (eight when a leading zero was
  dropped, dots allowed as in 1234.56.782 and 123.456.782) for which
  9a+8b+7c+6d+5e+4f+3g+2h-i is a multiple of 11. One in eleven of any nine-digit
  numbers passes. Eight digits that are a date (20260131) are none, nor are digits
  inside a token (a session key in hex, a UUID).
* ``iban``: a country's code and length (ISO 13616) with the remainder 1 of the
  division by 97 (ISO 7064). One in 97 of what looks like one passes.
* ``subject``: an id that a rule found on another page, lately; see ``known``.
* ``email``: an address as people write it.

Signs, not proofs: they say where to look first. The value never leaves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum

from proxy.extraction.known import KnownIds


class Sign(Enum):
    """Kinds of signs, the strongest first."""

    BSN = "bsn"
    IBAN = "iban"
    SUBJECT = "subject"
    EMAIL = "email"


_DOTTED = re.compile(rb"\d{3}\.\d{3}\.\d{3}|\d{3,4}\.\d{2}\.\d{3}|\d{2}\.\d{3}\.\d{3}")
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_NUMBERS = bytes(code if chr(code) in "0123456789." else 32 for code in range(256))
"""Everything but digits and dots becomes white space: splitting then finds
numbers five times faster than a regular expression does."""
_DATE = re.compile(rb"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_WORD = re.compile(r"[A-Za-z0-9]*")
_UUID = re.compile(r"(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_MOST_BESIDE = 8
"""Letters and digits that may touch a number: "klantnr111222333", but no token."""
_PIECE = 64 * 1024
_OVERLAP = 16
MOST_TESTED = 20_000
"""Numbers, or candidates of another kind, tested in one body: one with more is
measured data, and everything in it failed so far."""

_REGISTRY = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 "
    "DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 "
    "HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 "
    "LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 "
    "RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 "
    "VG24 XK20"
)
_LENGTHS = {word[:2]: int(word[2:]) for word in _REGISTRY.split()}
"""Characters of an IBAN by country: the registry of ISO 13616."""
_IBAN = re.compile(
    r"[A-Z]{2}[0-9]{2}(?<![A-Za-z0-9][A-Z]{2}[0-9]{2})"
    r"(?=((?:[ \xa0.-]?[A-Za-z0-9]){11,30}))"
)
"""The start of a candidate, whose rest may hold the next one."""
_BETWEEN = str.maketrans("", "", " \xa0.-")
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}\Z")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9-]{1,63}\.){1,8}(?!(?:png|jpe?g|gif|svg|webp|avif|css|js)\b)"
    r"[A-Za-z]{2,24}(?![A-Za-z0-9-])"
)
"""Behind an @; ``logo@2x.png`` is a picture."""


def passes_eleven_test(digits: bytes) -> bool:
    """Whether these eight or nine digits could be a BSN."""
    if len(digits) not in (8, 9) or not digits.isdigit():
        return False
    total = sum(
        weight * (digit - 48)
        for weight, digit in zip(_WEIGHTS, digits.zfill(9), strict=True)
    )
    return total % 11 == 0 and digits.strip(b"0") != b""


def passes_mod_97(iban: str) -> bool:
    """Whether these characters, without blanks, could be an IBAN."""
    if len(iban) != _LENGTHS.get(iban[:2]) or not (iban.isascii() and iban.isalnum()):
        return False
    if not iban[2:4].isdigit():
        return False
    moved = iban[4:].upper() + iban[:4]
    return int("".join(str(int(each, 36)) for each in moved)) % 97 == 1


def sign_of_personal_data(
    text: str,
    known: KnownIds | None = None,
    *,
    despite: frozenset[Sign] = frozenset(),
    most: int = MOST_TESTED,
) -> Sign | None:
    """The strongest kind of sign in a text, if there is one.

    Args:
        text: What a response holds, decoded.
        known: Ids of subjects that were recorded lately.
        despite: Kinds that are not looked for.
        most: Candidates tested of each kind.
    """
    for sign in Sign:
        if sign not in despite and _FINDERS[sign](text, known, most):
            return sign
    return None


def _has_bsn(text: str, _: KnownIds | None, most: int) -> bool:
    tested = 0
    for start in range(0, len(text), _PIECE):
        piece = text[max(0, start - _OVERLAP) : start + _PIECE]
        at = 0
        for number in piece.encode("ascii", "replace").translate(_NUMBERS).split():
            if len(number) < 8:
                continue
            digits = number.strip(b".")
            if b"." in digits and _DOTTED.fullmatch(digits):
                digits = digits.replace(b".", b"")
            if passes_eleven_test(digits) and not _DATE.fullmatch(digits):
                # They come in order: each is looked for behind the one before.
                at = _place(number.decode(), piece, at)
                end = at + len(number)
                if _stands_alone(piece, at, end):
                    return True
                at = end
            tested += 1
            if tested >= most:
                return False
    return False


def _stands_alone(piece: str, start: int, end: int) -> bool:
    """Whether a number is no part of a token."""
    before = _WORD.match(piece[max(0, start - _MOST_BESIDE - 1) : start][::-1])
    after = _WORD.match(piece, end, end + _MOST_BESIDE + 1)
    assert before is not None
    assert after is not None
    beside = len(before[0]) + len(after[0])
    return beside <= _MOST_BESIDE and _UUID.match(piece, end) is None


def _place(number: str, piece: str, start: int) -> int:
    """Where it stands from ``start`` on, not as a piece of a longer one."""
    at = piece.find(number, start)
    while at >= 0:
        around = (
            piece[max(0, at - 1) : at] + piece[at + len(number) : at + len(number) + 1]
        )
        if not any(each in "0123456789." for each in around):
            return at
        at = piece.find(number, at + 1)
    return at


def _has_iban(text: str, _: KnownIds | None, most: int) -> bool:
    for tested, found in enumerate(_IBAN.finditer(text)):
        if tested >= most:
            break
        written = (found[0] + found[1]).translate(_BETWEEN)
        # What follows an IBAN, a name or an amount, may look like part of it.
        if passes_mod_97(written[: _LENGTHS.get(written[:2], 0)]):
            return True
    return False


def _has_email(text: str, _: KnownIds | None, most: int) -> bool:
    at = -1
    for _tested in range(most):
        at = text.find("@", at + 1)
        if at < 0:
            return False
        if _DOMAIN.match(text, at + 1) and _LOCAL.search(text[max(0, at - 64) : at]):
            return True
    return False


def _has_subject(text: str, known: KnownIds | None, most: int) -> bool:
    return known is not None and known.occurs(text, most)


_FINDERS: dict[Sign, Callable[[str, KnownIds | None, int], bool]] = {
    Sign.BSN: _has_bsn,
    Sign.IBAN: _has_iban,
    Sign.SUBJECT: _has_subject,
    Sign.EMAIL: _has_email,
}
