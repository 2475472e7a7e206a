"""The column lists of the seals cover what the store's tables hold."""

from __future__ import annotations

import pytest

from proxy.evidence import columns
from proxy.evidence.columns import VERSION, Kind
from proxy.store.tables import TABLES


def test_every_column_of_every_table_is_sealed() -> None:
    """A column that was added to a table needs a line in ``columns.ADDED``, with the
    next version; without it nobody would see that column change."""
    for table in TABLES:
        named = {column.name for column in columns.columns(table.name)}

        assert named == set(table.columns) - {columns.NOT_SEALED.get(table.name)}, (
            table.name
        )
    assert set(columns.tables()) == {table.name for table in TABLES}


def test_a_later_version_adds_and_changes_nothing() -> None:
    """Old seals are verified with the columns they were made of."""
    added = ((2, "views", "later", Kind.TEXT), (3, "views", "latest", Kind.NUMBER))
    first = columns.columns("views", 1)

    assert columns.covered("views", 1, added) == first
    assert columns.covered("views", 2, added) == (
        *first,
        columns.Column("later", Kind.TEXT),
    )
    assert columns.covered("gaps", 3, added) == columns.columns("gaps", 1)


def test_a_table_of_no_version_is_an_error() -> None:
    """Nobody verifies nothing by a slip of the pen."""
    with pytest.raises(KeyError):
        columns.columns("nothing", VERSION)
