"""What is needed of a store: by the shipper, by who asks, by who does both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class StoreUnavailable(Exception):
    """Not reached, or it answered that it cannot now: try the same call again."""


class StoreRejected(Exception):
    """It understood and refused (schema, type): trying again gives the same."""


@dataclass(frozen=True, slots=True)
class Result:
    """Columns and rows of an answer; times are aware datetimes in UTC."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Questions(Protocol):
    """What is asked."""

    def query(self, sql: str, params: Mapping[str, object] | None = None) -> Result:
        """Rows of this statement; values travel as parameters.

        Raises:
            StoreUnavailable: not reached, or it cannot now.
            StoreRejected: it refuses the question.
        """


class Rows(Protocol):
    """What is written."""

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


class QuestionsAndRows(Questions, Rows, Protocol):
    """What is asked and written."""


class Store(Rows, Protocol):
    """A table store with idempotent inserts. Calls block; they have a timeout."""

    def count(self, table: str, node: str, epoch: int, first: int, last: int) -> int:
        """Rows of this table with a sequence in [first, last]."""

    def missing_migrations(self) -> list[str]:
        """Names of migrations not applied yet; empty when ready to write."""
