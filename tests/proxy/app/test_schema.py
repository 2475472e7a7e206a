"""``bring_up``: the store's schema, planned and applied."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from proxy.app.schema import bring_up
from proxy.config import Config, load
from proxy.errors import UnavailableError
from proxy.store.client import connect
from tests.support.embedded import EmbeddedStore
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES


def config(directory: Path, store: EmbeddedStore) -> Config:
    """A config whose store is this one, with a database of its own."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    found = load(write_config(directory, [front]))
    password = directory / "password"
    password.touch(0o600)
    password.write_text(store.writer_password)
    access = replace(
        found.store,
        embedded=False,
        url=store.url,
        user=store.writer,
        password_file=password,
        database=f"t{uuid.uuid4().hex[:12]}",
    )
    return replace(found, store=access)


def test_a_plan_changes_nothing(tmp_path: Path, embedded_store: EmbeddedStore) -> None:
    """What would be done is said, with how much; the database is not even made."""
    told = config(tmp_path, embedded_store)

    lines = bring_up(told, plan_only=True)

    store = connect(embedded_store.settings("default"))
    named = store.query("SELECT name FROM system.databases").rows
    store.close()
    assert all("statements to run" in line for line in lines)
    assert (told.store.database,) not in named


def test_what_is_applied_is_named_once(
    tmp_path: Path, embedded_store: EmbeddedStore
) -> None:
    """The second time there is nothing to do."""
    told = config(tmp_path, embedded_store)
    planned = bring_up(told, plan_only=True)

    first, second = bring_up(told, plan_only=False), bring_up(told, plan_only=False)

    assert first == [f"{line.split(':')[0]} applied" for line in planned]
    assert second == ["the schema is up to date"]


def test_a_store_that_is_away_is_named(tmp_path: Path) -> None:
    """With its address."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    away = load(write_config(tmp_path, [front]))

    with pytest.raises(UnavailableError, match=away.store.url):
        bring_up(away, plan_only=True)
