"""The page about the store says what the store does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxy.store.client import connect
from proxy.store.tables import TABLES
from tests.support.embedded import EmbeddedStore

PAGE = (Path(__file__).parents[2] / "docs" / "store.md").read_text()
STATEMENTS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_statement_of_the_page_runs_for_a_reader(
    embedded_store: EmbeddedStore, statement: str
) -> None:
    """As it stands, on a fresh store."""
    store = connect(embedded_store.settings(embedded_store.database(), reads=True))

    assert store.query(statement).rows == []


def test_every_table_and_question_is_on_the_page(embedded_store: EmbeddedStore) -> None:
    """What the schema makes, the page names."""
    store = embedded_store.store()
    made = {str(row[0]) for row in store.query("SHOW TABLES").rows}

    assert {table.name for table in TABLES} < made
    assert {name for name in made if name not in PAGE} == set()
