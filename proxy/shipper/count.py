"""Does the store hold what it acknowledged?"""

from __future__ import annotations

from dataclasses import dataclass

from proxy.journal.cursor import Cursor
from proxy.store.port import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Rows in the store against rows it acknowledged, of one range."""

    short: bool
    """Some table holds fewer."""
    surplus: bool
    """Some table holds more: duplicates, which only a person can judge."""
    told: str
    """The differences in words; empty without any."""


def compare(store: Store, node: str, cursor: Cursor) -> Comparison:
    """Count what was shipped and not counted yet.

    Raises:
        StoreUnavailable: it could not be counted now.
    """
    first, last = cursor.counted + 1, cursor.shipped
    found = {
        table: store.count(table, node, cursor.epoch, first, last)
        for table in cursor.stored
    }
    differences = [
        f"{table} holds {found[table]} rows, {expected} were acknowledged"
        for table, expected in cursor.stored.items()
        if found[table] != expected
    ]
    told = f"of entries {first} to {last} of epoch {cursor.epoch} "
    return Comparison(
        short=any(found[table] < count for table, count in cursor.stored.items()),
        surplus=any(found[table] > count for table, count in cursor.stored.items()),
        told=told + ", ".join(differences) if differences else "",
    )
