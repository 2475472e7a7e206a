"""Encoded events of one batch; those of large lists are encoded when written.

``Bodies`` is gone through once for each attempt to commit it, and gives the same
bytes every time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from typing_extensions import override

from proxy.events import Event, encode
from proxy.views import ManyViews

_POSITION = 5
"""Bytes by which a view's place in its list can lengthen it."""


class Bodies(Collection[bytes]):
    """Events in order, as bytes."""

    def __init__(self) -> None:
        self.bytes = 0
        """Of all of them; of large lists an estimate that is not too low."""
        self.held = 0
        """Bytes of memory until they are written."""
        self.ready = 0
        """Events that are encoded already."""
        self._size = 0
        self._parts: list[list[bytes] | ManyViews] = []

    def add(self, event: Event) -> None:
        """One more."""
        if not self._parts or isinstance(self._parts[-1], ManyViews):
            self._parts.append([])
        last = self._parts[-1]
        assert isinstance(last, list)
        body = encode(event)
        last.append(body)
        self._size += 1
        self.ready += 1
        self.bytes += len(body)
        self.held += len(body)

    def add_many(self, views: ManyViews) -> None:
        """The views of a large list."""
        self._parts.append(views)
        self._size += len(views)
        self.held += views.held
        for sample, count in views.samples():
            self.bytes += count * (len(encode(sample)) + _POSITION)

    @override
    def __len__(self) -> int:
        return self._size

    @override
    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, list):
                yield from part
            else:
                yield from map(encode, part)

    @override
    def __contains__(self, body: object) -> bool:
        return any(body == each for each in self)
