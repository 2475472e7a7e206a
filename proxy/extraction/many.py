"""The subjects of a large list, without an object for each of them.

200,000 subjects as values cost 60 MB, and as much again as events. So they stay what
they were collected as, ids and positions, and each is made when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import overload

from typing_extensions import override

from proxy.events import Action
from proxy.extraction.model import Found

MANY = 5_000
"""Subjects from which they are not made at once: a page has hundreds, an export
more, and below it making them all is faster."""
_ID = 170
"""Bytes an id costs beside its characters: the text, its place, its position."""

Group = tuple[str, Action, tuple[str, ...], dict[str, int]]
"""Type, action, categories, and positions by id in order of appearance."""


class ManyFound(Sequence[Found]):
    """See the module; nobody adds to the groups any more."""

    __slots__ = ("groups", "held")

    def __init__(self, groups: Iterable[Group]) -> None:
        self.groups = tuple(groups)
        self.held = sum(_ID * len(found) for *_, found in self.groups)
        """Bytes, about."""

    @override
    def __len__(self) -> int:
        return sum(len(found) for *_, found in self.groups)

    @override
    def __iter__(self) -> Iterator[Found]:
        for kind, action, categories, found in self.groups:
            for identifier, position in found.items():
                yield Found(kind, identifier, action, categories, position)

    @overload
    def __getitem__(self, index: int) -> Found: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Found]: ...
    @override
    def __getitem__(self, index: int | slice) -> Found | Sequence[Found]:
        if isinstance(index, slice):
            return list(self)[index]
        if index < 0:
            index += len(self)
        for found in islice(self, index, index + 1):
            return found
        raise IndexError(index)
