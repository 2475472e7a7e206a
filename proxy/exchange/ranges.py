"""Which bytes of a document a message carries: ``Content-Range`` (RFC 9110 14.4)."""

from __future__ import annotations

import re
from typing import NamedTuple

_RANGE = re.compile(rb"\s*bytes\s+(\d{1,18})-(\d{1,18})/(?:(\d{1,18})|\*)\s*")


class ContentRange(NamedTuple):
    """Bytes of a document."""

    first: int
    last: int
    total: int | None
    """None: the sender did not know."""

    @property
    def whole(self) -> bool:
        """Whether nothing of the document is missing."""
        return self.first == 0 and self.to_end

    @property
    def to_end(self) -> bool:
        """Whether the document ends with it."""
        return self.total is not None and self.last + 1 == self.total


def content_range(value: bytes | None) -> ContentRange | None:
    """The range of a header's value; None when there is none, or none that counts."""
    found = _RANGE.fullmatch(value) if value else None
    if found is None:
        return None
    first, last = int(found[1]), int(found[2])
    total = None if found[3] is None else int(found[3])
    if first > last or (total is not None and last >= total):
        return None
    return ContentRange(first, last, total)
