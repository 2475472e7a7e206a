"""Where rows and seals come from, as a port."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from proxy.evidence.seal import Seal, Sealed


class Span(NamedTuple):
    """Rows of one epoch of a table."""

    table: str
    node: str
    epoch: int
    rows: int
    first: int
    last: int


class Source(Protocol):
    """A store, or an export. Stretches are asked for in rising order."""

    ordered: bool
    """Whether rows must come in the order of their numbers."""

    def nodes(self) -> list[str]:
        """Nodes that have seals, or had some."""

    def seals(self, node: str) -> Iterator[Sealed]:
        """Seals of a node by number, with seed and tags where they are; kept leaves,
        which are large, come with ``filled``."""

    def filled(self, seal: Seal, sealed: Sealed) -> Sealed:
        """The same with its kept leaves and salts."""

    def names(self, table: str) -> tuple[str, ...]:
        """The columns of a line of this table."""

    def lines(
        self, table: str, node: str, epoch: int, first: int, last: int
    ) -> Iterator[bytes]:
        """Rows with numbers in [first, last], in chunks of any size."""

    def count(self, table: str, node: str, epoch: int, first: int, last: int) -> int:
        """How many rows there are with numbers in [first, last]."""

    def spans(self) -> list[Span]:
        """Every epoch that has rows, by table."""
