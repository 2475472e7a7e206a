"""A journal of inquiries while the store is away, and when it is back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from proxy.app.asked import inquiry_of
from proxy.app.inquiries import Inquiries
from proxy.asking.asked import Asked
from proxy.journal.model import JournalBusy, JournalFull, Limits
from proxy.seal_key import load_or_create
from proxy.store import migrate
from proxy.store.client import StoreSettings, connect
from tests.support.embedded import EmbeddedStore

INQUIRY = inquiry_of(Asked(question="why", reason="case 7"), 1)


def test_what_waits_goes_along_with_the_next_one(
    tmp_path: Path, embedded_store: EmbeddedStore
) -> None:
    """Rows first, then the seals over them; each once."""
    key = load_or_create(tmp_path / "seal-key")
    node = f"waiting-{tmp_path.name}"
    base = tmp_path / "asked"
    away = connect(StoreSettings(url="http://127.0.0.1:1", user="x", password="x"))
    with closing(away), closing(Inquiries(base, node, away, key)) as inquiries:
        inquiries.record(INQUIRY)
        trouble = inquiries.ship()
        inquiries.seal()
    with closing(embedded_store.store("whosaw")) as store:
        migrate.apply(store)
        with closing(Inquiries(base, node, store, key)) as inquiries:
            inquiries.record(INQUIRY)
            shipped = inquiries.ship()
            inquiries.seal()
            inquiries.seal()
        given = {"node": node}
        rows = store.query(
            "SELECT seq FROM inquiries WHERE node = {node:String} ORDER BY seq", given
        ).rows
        seals = store.query(
            "SELECT max(last) FROM seals WHERE node = {node:String}", given
        ).rows

    assert trouble
    assert (shipped, inquiries.error) == ("", "")
    assert rows == [(1,), (2,)]
    assert seals == [(2,)]


def test_one_process_has_the_journal_and_it_is_bounded(tmp_path: Path) -> None:
    """A second one is refused; a full one takes nothing."""
    store = connect(StoreSettings(url="http://127.0.0.1:1", user="x", password="x"))
    few = Limits(total_bytes=1)
    with closing(store), closing(Inquiries(tmp_path, "n", store, None, few)) as one:
        with pytest.raises(JournalBusy):
            Inquiries(tmp_path, "n", store, None)
        with pytest.raises(JournalFull):
            one.record(INQUIRY)
