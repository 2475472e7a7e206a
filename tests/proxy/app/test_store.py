"""The role of the embedded store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from proxy.app.store import run, settings
from proxy.config import Config, load
from proxy.errors import UsageError
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """With an embedded store."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    return load(write_config(tmp_path, [front], store_port=8765))


def test_it_listens_where_the_config_says_and_keeps_its_data_in_the_state(
    config: Config,
) -> None:
    """On the loopback interface by default."""
    told = settings(config)

    assert (told.host, told.port) == ("127.0.0.1", 8765)
    assert told.directory == config.store_directory


def test_one_user_writes_and_one_only_reads(config: Config) -> None:
    """Each with a password of its own that only the owner of the state can read."""
    writer, reader = settings(config).users

    assert (writer.name, writer.writes) == (config.store.user, True)
    assert (reader.name, reader.writes) == ("reader", False)
    assert writer.password != reader.password
    for name in ("store-password", "reader-password"):
        assert (config.state / name).stat().st_mode & 0o077 == 0


def test_the_passwords_stay_the_same(config: Config) -> None:
    """A restart locks nobody out."""
    assert settings(config).users == settings(config).users


def test_passwords_are_not_in_what_is_printed(config: Config) -> None:
    """A settings object may end up in a log."""
    told = settings(config)

    assert not [user for user in told.users if user.password in repr(told)]


def test_a_store_of_somebody_else_is_not_served(config: Config) -> None:
    """The config says that another runs it."""
    other = replace(config, store=replace(config.store, embedded=False))

    with pytest.raises(UsageError, match="not this sidecar's to serve"):
        run(other)
