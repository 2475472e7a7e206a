"""Detections on a schedule: once each, also when something does not work."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from proxy.app.detecting import Role, pusher
from proxy.config import Config, load
from proxy.detections.pushing import SyslogReceiver
from proxy.errors import UsageError
from proxy.store.tables import VIEWS
from tests.support.embedded import EmbeddedStore
from tests.support.rows import ACTOR, view
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES

NIGHT_NS = 1_780_000_000_000_000_000
"""20:26 on Thursday 28 May 2026, in UTC."""
NOW = datetime(2026, 5, 29, 8, tzinfo=UTC)


def config(directory: Path, more: str) -> Config:
    """With these lines of detections."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    return load(write_config(directory, [front], more=f"detections: {more}\n"))


def test_what_is_due_is_found_once_and_figures_tell(
    embedded_store: EmbeddedStore, tmp_path: Path
) -> None:
    """A mistake in the thresholds is told, and mended without a restart."""
    store = embedded_store.store()
    events = [
        view(started_ns=NIGHT_NS + n, subject=bytes([n]) * 16, actor=ACTOR)
        for n in range(1, 9)
    ]
    rows = [VIEWS.row(each, "n", 1, n) for n, each in enumerate(events)]
    store.insert("views", VIEWS.columns, rows, "night")
    thresholds = tmp_path / "thresholds.yaml"
    thresholds.write_text("detections: {outside-hours: {least: 8}}\n")
    role = Role(config(tmp_path, "{thresholds: thresholds.yaml}"), store)

    role.try_step(NOW)
    thresholds.write_text("detections: {outside-hours: {least: many}}\n")
    role.try_step(NOW)
    broken = role.figures()
    thresholds.write_text("detections: {outside-hours: {least: 8}}\n")
    role.try_step(NOW)

    assert "not a number" in broken["last_error"]
    told = role.figures()
    assert (told["runs"], told["findings"], told["last_error"]) == (2, 1, "")


def test_without_detections_in_the_config_there_is_no_schedule(
    embedded_store: EmbeddedStore, tmp_path: Path
) -> None:
    """It says what is missing."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    found = load(write_config(tmp_path, [front]))

    with pytest.raises(UsageError, match="no detections"):
        Role(found, embedded_store.store(embedded_store.database()))


def test_where_findings_go_is_the_configs(
    embedded_store: EmbeddedStore, tmp_path: Path
) -> None:
    """Nowhere, or to one receiver."""
    store = embedded_store.store("default")
    syslog = config(tmp_path / "one", "{push: {syslog: '127.0.0.1:601'}}")

    assert pusher(config(tmp_path / "two", "{every: 1h}"), store) is None
    found = pusher(syslog, store)
    assert found is not None
    assert isinstance(found.receiver, SyslogReceiver)
