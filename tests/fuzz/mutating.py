"""Inputs that are almost right: a seed, broken in one to eight places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

MOST = 16 * 1024
"""Bytes of an input: what is larger costs time and finds the same."""

TOKENS = (
    *rb"""< > </ <!-- --> <![CDATA[ ]]> &amp; &#x1F600; &#0; <fault> xmlns='a' id
    { } [ ] ": " ' \ \u0000 \ud800 null 1e999 jsonrpc , ; | ` * 0* -1 00 NaN
    99999999999999999999 %00 %u0041 pageRedirect|| HTTP/1.1""".split(),
    *(b"\0", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\t", b" ", "é€😀".encode()),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"<?xml encoding='utf-16'?>"),
    *(b"<!ENTITY a 'b'>", b"<!DOCTYPE a [", b"0\r\n\r\n", b"fffffff\r\n", b"\x1f\x8b"),
    *(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"HTTP/1.1 200 "),
    *(b"GET / HTTP/1.1\r\n\r\n", b"Expect: 100-continue\r\n"),
)


class Mutator:
    """Breaks bytes, as the random numbers say."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def mutated(self, seed: bytes, others: Sequence[bytes]) -> bytes:
        """An input made of a seed, and of pieces of others."""
        data = bytearray(seed[:MOST])
        random = self.random
        for _ in range(1 + int(random.random() ** 3 * 8)):
            change = random.choice(_CHANGES)
            other = random.choice(others) if others else b""
            change(random, data, other)
            del data[MOST:]
        return bytes(data)

    def pieces(self, data: bytes) -> list[bytes]:
        """The same bytes in a few pieces, or in many small ones."""
        if not data:
            return []
        random = self.random
        count = random.choice((0, 1, 3, min(len(data), 64)))
        cuts = sorted(random.randrange(len(data) + 1) for _ in range(count))
        places = [0, *cuts, len(data)]
        return [data[a:b] for a, b in pairwise(places) if a < b]


def _span(random: Random, data: bytes | bytearray, most: int = 64) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.randrange(most))


def _flip(random: Random, data: bytearray, _: bytes) -> None:
    if data:
        data[random.randrange(len(data))] = random.randrange(256)


def _cut(random: Random, data: bytearray, _: bytes) -> None:
    start, end = _span(random, data)
    del data[start:end]


def _end(random: Random, data: bytearray, _: bytes) -> None:
    del data[random.randrange(len(data) + 1) :]


def _insert(random: Random, data: bytearray, _: bytes) -> None:
    place = random.randrange(len(data) + 1)
    data[place:place] = random.choice(TOKENS)


def _repeat(random: Random, data: bytearray, _: bytes) -> None:
    start, end = _span(random, data, 32)
    data[start:start] = data[start:end] * random.choice((1, 2, 8, 300))


def _splice(random: Random, data: bytearray, other: bytes) -> None:
    start, end = _span(random, other, 256)
    place, until = _span(random, data, 256)
    data[place:until] = other[start:end]


def _number(random: Random, data: bytearray, _: bytes) -> None:
    places = [at for at, byte in enumerate(data) if 48 <= byte <= 57]
    if places:
        at = random.choice(places)
        data[at : at + 1] = random.choice((b"0", b"9", b"-1", b"65536", b"4294967296"))


def _swap(random: Random, data: bytearray, _: bytes) -> None:
    start, end = _span(random, data)
    piece = bytes(data[start:end])
    del data[start:end]
    place = random.randrange(len(data) + 1)
    data[place:place] = piece


_CHANGES: tuple[Callable[[Random, bytearray, bytes], None], ...] = (
    _flip,
    _cut,
    _end,
    _insert,
    _insert,
    _repeat,
    _splice,
    _number,
    _swap,
)
