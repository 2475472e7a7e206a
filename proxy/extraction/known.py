"""Ids of subjects that rules recorded lately, to recognise them where no rule reads.

An id is kept as a keyed digest, by its *shape* (``K-12345`` is ``a-99999``): a text
is searched for pieces of a known shape only, and only those are digested. What is
kept names nobody without the key, and nothing is written to disk.

Bounded: the ids least recently seen are forgotten, ids whose shape is too plain to
mean anything on another page (``42``) are not kept, nor those of too many shapes.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from itertools import islice

MOST_IDS = 20_000
"""Per application, about 3 MB: what an office opens in days."""
MOST_SHAPES = 16
"""An application numbers its clients in one way, or a few; each costs a search."""
MOST_OF_ONE = 100
"""Ids kept of one exchange: an export would push out all others."""
LONGEST = 64
FEWEST_DIGITS = 5
FEWEST_MIXED = 6
"""Digits, or letters and digits, an id must have: ``42`` and ``a1`` are on every
page."""

_SHAPES = bytes(
    0x39
    if 0x30 <= code <= 0x39
    else 0x61
    if chr(code).isalpha() and code < 128
    else code
    if chr(code) in "-./_:"
    else 0x20
    for code in range(256)
)
"""Digits become 9, ASCII letters a; what else ids hold stays, the rest is a blank."""


class KnownIds:
    """A bounded set of ids; ``digest`` is keyed and takes type and id."""

    def __init__(
        self, digest: Callable[[str, str], bytes], most: int = MOST_IDS
    ) -> None:
        self.refused = 0
        """Ids not kept, because of their shape."""
        self._digest = digest
        self._most = most
        self._ids: OrderedDict[bytes, tuple[str, bytes]] = OrderedDict()
        """Digest → (type, shape)."""
        self._shapes: dict[bytes, tuple[re.Pattern[bytes], dict[str, int]]] = {}
        """Shape → where it occurs, and how many ids of each type have it."""

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, recorded: Iterable[tuple[str, str, bytes]]) -> None:
        """Keep ids that were recorded: type, id, and the digest of both."""
        for kind, identifier, digest in islice(recorded, MOST_OF_ONE):
            self._add(kind, identifier.strip(), digest)

    def _add(self, kind: str, identifier: str, digest: bytes) -> None:
        if digest in self._ids:
            self._ids.move_to_end(digest)
            return
        shape = shape_of(identifier)
        if shape is None:
            self.refused += 1
            return
        known = self._shapes.get(shape)
        if known is None:
            if len(self._shapes) >= MOST_SHAPES:
                self.refused += 1
                return
            plain = re.escape(shape)
            # What is searched for stands first: that is the fastest.
            pattern = plain + rb"(?<![a9]" + plain + rb")(?![a9])"
            known = self._shapes[shape] = (re.compile(pattern), {})
        kinds = known[1]
        kinds[kind] = kinds.get(kind, 0) + 1
        self._ids[digest] = (kind, shape)
        if len(self._ids) > self._most:
            self._forget(*self._ids.popitem(last=False)[1])

    def occurs(self, text: str, most: int) -> bool:
        """Whether a known id stands in the text; ``most`` candidates are tested."""
        if not self._ids:
            return False
        shapes = text.encode("ascii", "replace").translate(_SHAPES)
        tested = 0
        for pattern, kinds in self._shapes.values():
            for found in pattern.finditer(shapes):
                candidate = text[found.start() : found.end()]
                for kind in kinds:
                    if self._digest(kind, candidate) in self._ids:
                        return True
                tested += 1
                if tested >= most:
                    return False
        return False

    def _forget(self, kind: str, shape: bytes) -> None:
        kinds = self._shapes[shape][1]
        kinds[kind] -= 1
        if not kinds[kind]:
            del kinds[kind]
        if not kinds:
            del self._shapes[shape]


def shape_of(identifier: str) -> bytes | None:
    """The shape of an id, or None when it would mean nothing on another page."""
    if len(identifier) > LONGEST or not identifier.isascii():
        return None
    shape = identifier.encode("ascii").translate(_SHAPES)
    digits, letters = shape.count(b"9"), shape.count(b"a")
    mixed = digits and letters and digits + letters >= FEWEST_MIXED
    if b" " in shape or not (mixed or digits >= FEWEST_DIGITS):
        return None
    return shape
