"""Backup, restore and move: every row, to the byte, or a clear refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from proxy.errors import UsageError
from proxy.retention import holds
from proxy.store.client import ClickHouseStore
from proxy.store.copying import LEFT_OUT, backup, move, pieces, restore, tables
from proxy.store.port import StoreUnavailable
from proxy.verification.report import Options
from proxy.verification.run import verify
from proxy.verification.store import StoreSource
from tests.contract.test_planted_tampering import EVENTS, Evidence, made
from tests.support.embedded import EmbeddedStore, running

NASTY = "tab\t newline\n quote' back\\slash `tick` \\N \x01 é"


@pytest.fixture(scope="module")
def evidence(
    tmp_path_factory: pytest.TempPathFactory, embedded_store: EmbeddedStore
) -> Iterator[Evidence]:
    """A store with sealed rows of every kind, and text that needs escaping."""
    with made(tmp_path_factory.mktemp("copied"), embedded_store.store()) as found:
        holds.place(
            found.store,
            subjects=[bytes(range(16)), b"\t\n\\'" * 4],
            employee=NASTY,
            from_at=datetime(2026, 1, 1, tzinfo=UTC),
            to_at=datetime(2027, 1, 1, tzinfo=UTC),
            said_by="officer",
            reason=NASTY,
            now=datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC),
        )
        yield found


def content(store: ClickHouseStore) -> dict[str, list[bytes]]:
    """Every row of every copied table, sorted."""
    return {
        table: sorted(b"".join(pieces(store, table, columns)).splitlines())
        for table, columns in tables(store).items()
    }


def test_a_backup_brings_everything_back(
    evidence: Evidence, embedded_store: EmbeddedStore, tmp_path: Path
) -> None:
    """Into an empty store, where it verifies as before."""
    other = embedded_store.store()

    written = backup(evidence.store, tmp_path / "b")
    restored = restore(other, tmp_path / "b")

    assert written == restored
    assert content(other) == content(evidence.store)
    report = verify(
        StoreSource(other),
        Options(keys=evidence.keys, anchors=evidence.seals, workers=1),
    )
    assert (report.findings, report.rows) == ([], len(EVENTS))
    assert [h.reason for h in holds.in_force(other)] == [NASTY]
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "b").iterdir()} == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    with pytest.raises(UsageError, match="has rows already"):
        restore(other, tmp_path / "b")
    with pytest.raises(UsageError, match="exists already"):
        backup(evidence.store, tmp_path / "b")
    other.close()


def test_rows_move_to_another_store_over_http(
    evidence: Evidence, tmp_path: Path
) -> None:
    """A server of its own; the first one keeps its rows."""
    before = content(evidence.store)
    with running(tmp_path / "store") as server:
        other = server.store()

        copied = move(evidence.store, other)

        assert content(other) == before == content(evidence.store)
        assert sum(each.rows for each in copied) > len(EVENTS)
        with pytest.raises(UsageError, match="has rows already"):
            move(evidence.store, other)
        other.close()


@pytest.mark.parametrize("damage", ["flip", "cut", "gone", "manifest"])
def test_a_damaged_backup_is_not_restored(
    evidence: Evidence, embedded_store: EmbeddedStore, tmp_path: Path, damage: str
) -> None:
    """Not a row of it."""
    backup(evidence.store, tmp_path / "b")
    path = tmp_path / "b" / "views.tsv.zst"
    data = path.read_bytes()
    match damage:
        case "flip":
            path.write_bytes(data[:20] + bytes([data[20] ^ 1]) + data[21:])
        case "cut":
            path.write_bytes(data[:-1])
        case "gone":
            path.unlink()
        case _:
            (tmp_path / "b" / "manifest.json").write_text("{}")
    other = embedded_store.store()

    with pytest.raises(UsageError, match=r"damaged|no backup"):
        restore(other, tmp_path / "b")

    assert all(not rows for rows in content(other).values())
    other.close()


def test_a_backup_of_a_newer_program_names_both_versions(
    embedded_store: EmbeddedStore, evidence: Evidence, tmp_path: Path
) -> None:
    """And the column that is not known."""
    backup(evidence.store, tmp_path / "b")
    path = tmp_path / "b" / "manifest.json"
    text = path.read_text()
    path.write_text(text.replace('"actor_kind"', '"later"').replace('"0.1', '"9.9'))
    other = embedded_store.store()

    with pytest.raises(UsageError, match=r"later .* 0\.1.*9\.9"):
        restore(other, tmp_path / "b")
    path.write_text(text.replace('"format": 1', '"format": 2'))
    with pytest.raises(UsageError, match="format 2"):
        restore(other, tmp_path / "b")
    other.close()


def test_a_backup_that_fails_leaves_nothing(
    embedded_store: EmbeddedStore, tmp_path: Path
) -> None:
    """Half a backup would be taken for one."""
    from dataclasses import replace

    from proxy.store.client import connect

    away = connect(replace(embedded_store.settings("x"), url="http://127.0.0.1:1"))

    with pytest.raises(StoreUnavailable):
        backup(away, tmp_path / "b")

    assert list(tmp_path.iterdir()) == []


def test_only_notes_and_keys_of_one_store_are_left_out(
    embedded_store: EmbeddedStore,
) -> None:
    """A new table is copied unless somebody says why not."""
    store = embedded_store.store()

    found = tables(store)

    every = store.query(
        "SELECT name FROM system.tables WHERE database = {d:String} "
        "AND engine NOT LIKE '%View'",
        {"d": store.settings.database},
    ).rows
    assert found.keys() == {row[0] for row in every} - LEFT_OUT
    assert list(found)[:2] == ["seal_seeds", "seals"]
    store.close()
