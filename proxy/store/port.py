"""What the shipper needs of a store, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class StoreUnavailable(Exception):
    """Not reached, or it answered that it cannot now: try the same call again."""


class StoreRejected(Exception):
    """It understood and refused (schema, type): trying again gives the same."""


class Store(Protocol):
    """A table store with idempotent inserts. Calls block; they have a timeout."""

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        token: str,
    ) -> None:
        """Append rows durably. The same ``token`` again is a no-op within the
        deduplication window, *whatever the rows*: never reuse one.

        Raises:
            StoreUnavailable: unsure whether it was stored.
            StoreRejected: it was not and will not be.
        """

    def count(self, table: str, node: str, epoch: int, first: int, last: int) -> int:
        """Rows of this table with a sequence in [first, last]."""

    def missing_migrations(self) -> list[str]:
        """Names of migrations not applied yet; empty when ready to write."""
