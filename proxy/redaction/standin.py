"""Words and numbers → others of the same shape: digits for digits, letters for letters.

Within one capture a word always gets the same stand-in, and two words of one shape
never get the same one (a keyed permutation: a Feistel network with cycle walking), so
whatever was equal or different before still is. Leading zeros stay, case is carried
over, and numbers that pass the 11-test of a BSN become others that pass it. A run such
as ``K12345`` is a word and a number; one that looks random (``9f8a3b…``) is replaced
as a whole.

Words that the rules themselves hold are kept, so that rules still find what they look
for; nothing else becomes one of them.

Stand-ins hide what was said, not how often or how long it is: a redacted capture is
pseudonymous, not anonymous. Passwords and the like go through ``secret``, which keeps
their length only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from functools import lru_cache
from math import isqrt

_RUN = re.compile(rb"(?:[A-Za-z0-9]|[\x80-\xff])+")
_GROUP = re.compile(rb"[0-9]+|[^0-9]+")
_MOST_GROUPS = 3
"""Of a run that is words and numbers; more look like a token or a digest."""
_MOST_PERMUTED = 64
"""Bytes; what is longer cannot collide by chance, and need not be a permutation."""
_ROUNDS = 8
_KNOWN = 1 << 16
_SECRET = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_ACCENTED = {2: "é".encode(), 3: "ẽ".encode(), 4: "\U00010400".encode()}
_LATIN = b"\xe9"


class StandIns:
    """The stand-ins of one capture.

    Args:
        key: 32 random bytes, forgotten with the capture.
        words: Kept as they are, whatever their case.

    """

    def __init__(self, key: bytes, words: Collection[bytes] = ()) -> None:
        self._key = key
        self._words = frozenset(word.lower() for word in words)
        self._run = lru_cache(_KNOWN)(self._run_of)

    def kept(self, word: bytes) -> bool:
        """Whether the rules hold this word."""
        return word.lower() in self._words

    def text(self, data: bytes) -> bytes:
        """Every run of letters and digits replaced; the rest as it was."""
        return _RUN.sub(lambda found: self._run(found[0]), data)

    def names(self, data: bytes) -> bytes:
        """Of what names things: only runs that hold a digit are replaced."""
        return _RUN.sub(
            lambda found: (
                self._run(found[0]) if re.search(rb"[0-9]", found[0]) else found[0]
            ),
            data,
        )

    def secret(self, data: bytes) -> bytes:
        """Nothing of it but its length, and that it was the same secret."""
        stream = self._stream(b"secret", data, len(data))
        return bytes(_SECRET[byte % len(_SECRET)] for byte in stream)

    def _run_of(self, run: bytes) -> bytes:
        if self.kept(run):
            return run
        groups = _GROUP.findall(run)
        if len(groups) > _MOST_GROUPS:
            return self._letters(run)
        return b"".join(self._group(group) for group in groups)

    def _group(self, group: bytes) -> bytes:
        if self.kept(group):
            return group
        if not group.isdigit():
            return self._letters(group)
        significant = group.lstrip(b"0")
        zeros = group[: len(group) - len(significant)]
        return zeros + self._number(significant) if significant else group

    def _number(self, digits: bytes) -> bytes:
        if len(digits) > _MOST_PERMUTED:
            stream = self._stream(b"number", digits, len(digits))
            return b"1" + bytes(0x30 + byte % 10 for byte in stream[1:])
        first = 10 ** (len(digits) - 1)
        valid = _eleven(digits)
        value = int(digits) - first
        while True:
            value = self._permuted(b"number", value, 9 * first)
            found = str(value + first).encode()
            if _eleven(found) == valid and not self.kept(found):
                return found

    def _letters(self, group: bytes) -> bytes:
        """Letters, or letters and digits together; others than ASCII become one."""
        units = _units(group)
        radices = [_radix(unit) for unit in units]
        other = b"".join(unit for unit in units if not _radix(unit)).lower()
        tweak = b"word" + bytes(radices[:_MOST_PERMUTED]) + other
        if len(units) > _MOST_PERMUTED:
            stream = self._stream(tweak, group.lower(), len(units))
            plain = zip(units, radices, stream, strict=True)
            return b"".join(_unit(unit, r, b % (r or 1)) for unit, r, b in plain)
        domain, value = 1, 0
        for unit, radix in zip(units, radices, strict=True):
            if radix:
                domain *= radix
                value = value * radix + _digit(unit)
        found = group
        for _ in range(1000):
            value = self._permuted(tweak, value, domain)
            found = _spelled(units, radices, value)
            if not self.kept(found):
                break
        return found

    def _permuted(self, tweak: bytes, value: int, domain: int) -> int:
        """A keyed permutation of the numbers below ``domain``."""
        if domain < 2:
            return value
        left_size = isqrt(domain - 1) + 1
        right_size = -(-domain // left_size)
        while True:
            left, right = divmod(value, right_size)
            for number in range(_ROUNDS):
                if number % 2:
                    left = (left + self._word(tweak, number, right)) % left_size
                else:
                    right = (right + self._word(tweak, number, left)) % right_size
            value = left * right_size + right
            if value < domain:
                return value

    def _word(self, tweak: bytes, number: int, half: int) -> int:
        size = (half.bit_length() + 7) // 8
        message = b"%d\0%s\0%s" % (number, tweak, half.to_bytes(size, "big"))
        digest = hashlib.blake2b(message, key=self._key, digest_size=64).digest()
        return int.from_bytes(digest, "big")

    def _stream(self, tweak: bytes, data: bytes, size: int) -> bytes:
        seed = hashlib.blake2b(tweak + b"\0" + data, key=self._key).digest()
        return hashlib.shake_256(seed).digest(size)


def _units(group: bytes) -> list[bytes]:
    try:
        return [char.encode() for char in group.decode("utf-8")]
    except UnicodeDecodeError:
        return [group[n : n + 1] for n in range(len(group))]


def _radix(unit: bytes) -> int:
    if unit.isdigit():
        return 10
    return 26 if unit.isalpha() and unit[0] < 0x80 else 0


def _digit(unit: bytes) -> int:
    return unit[0] - 0x30 if unit.isdigit() else unit.lower()[0] - 0x61


def _unit(unit: bytes, radix: int, value: int) -> bytes:
    if radix == 10:
        return bytes((0x30 + value,))
    if radix:
        letter = bytes((0x61 + value,))
        return letter.upper() if unit.isupper() else letter
    return _LATIN if len(unit) == 1 else _ACCENTED[len(unit)]


def _spelled(units: list[bytes], radices: list[int], value: int) -> bytes:
    parts = []
    for unit, radix in zip(reversed(units), reversed(radices), strict=True):
        digit = 0
        if radix:
            value, digit = divmod(value, radix)
        parts.append(_unit(unit, radix, digit))
    return b"".join(reversed(parts))


def _eleven(digits: bytes) -> bool:
    """The 11-test of a BSN, which has eight digits or nine."""
    if len(digits) not in (8, 9):
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    figures = digits.rjust(9, b"0")
    pairs = zip(figures, weights, strict=True)
    return sum((figure - 0x30) * weight for figure, weight in pairs) % 11 == 0
