"""The same schema on a cluster. Its statements are parsed by the engine; a cluster
is not at hand, so that none of them is run."""

from __future__ import annotations

import pytest

from proxy.errors import UsageError
from proxy.store.cluster import clustered
from proxy.store.migrate import load, script
from tests.support.embedded import EmbeddedStore

EVERY = [statement for each in load() for statement in each.statements]


def test_every_statement_of_the_schema_is_one_the_engine_can_read(
    embedded_store: EmbeddedStore,
) -> None:
    """Parsed, not run: the embedded store serves no such engines."""
    store = embedded_store.store()

    for statement in script("north", "whosaw"):
        formatted = store.query("SELECT formatQuery({q:String})", {"q": statement})
        assert "north" in formatted.rows[0][0] or statement.startswith("INSERT")
    store.close()


def test_every_table_is_replicated_and_distributed() -> None:
    """By the node that recorded the rows, where there is one."""
    tables = [each for each in EVERY if each.lstrip().startswith("CREATE TABLE")]

    for statement in tables:
        here, over = clustered(statement, "north")
        assert "_local ON CLUSTER north" in here
        assert "ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/" in here
        assert "non_replicated" not in here
        assert "ENGINE = Distributed(north, currentDatabase(), " in over
        assert ("sipHash64(node))" in over) == ("\n    node " in statement)
        assert over.rstrip().endswith("'"), "the comment comes along"
    assert len(tables) > 20


def test_views_and_changes_go_to_every_host() -> None:
    """A column to both tables, anything else to the one that has the rows."""
    assert clustered("CREATE OR REPLACE VIEW a AS SELECT 1", "c") == (
        "CREATE OR REPLACE VIEW a ON CLUSTER c AS SELECT 1",
    )
    assert clustered("DROP VIEW IF EXISTS a", "c") == (
        "DROP VIEW IF EXISTS a ON CLUSTER c",
    )
    assert clustered("ALTER TABLE a ADD COLUMN IF NOT EXISTS x Int8", "c") == (
        "ALTER TABLE a_local ON CLUSTER c ADD COLUMN IF NOT EXISTS x Int8",
        "ALTER TABLE a ON CLUSTER c ADD COLUMN IF NOT EXISTS x Int8",
    )
    assert clustered("ALTER TABLE a MATERIALIZE PROJECTION IF EXISTS p", "c") == (
        "ALTER TABLE a_local ON CLUSTER c MATERIALIZE PROJECTION IF EXISTS p",
    )


@pytest.mark.parametrize(
    ("statement", "cluster"),
    [
        ("OPTIMIZE TABLE views", "c"),
        ("CREATE VIEW a AS SELECT 1", "c; DROP"),
        ("CREATE VIEW a AS SELECT 1", ""),
    ],
)
def test_what_is_not_known_is_refused(statement: str, cluster: str) -> None:
    """Rather than run on one host only."""
    with pytest.raises(UsageError):
        clustered(statement, cluster)
