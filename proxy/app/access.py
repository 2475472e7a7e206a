"""Where the store is and who asks it, from the config."""

from __future__ import annotations

from dataclasses import replace

from proxy.config import Config
from proxy.keys import secret, secret_or_create
from proxy.store.client import ClickHouseStore, StoreSettings, connect


def password(config: Config) -> str:
    """The store's password; an embedded store gets one made at its first start.

    Raises:
        UsageError: the file is missing, empty or readable by others.
    """
    read = secret_or_create if config.store.embedded else secret
    return read(config.store.password_file)


def store_client(
    config: Config, *, answer_seconds: int | None = None
) -> ClickHouseStore:
    """A client of the config's store; nothing is connected yet.

    Args:
        config: the sidecar's.
        answer_seconds: for statements that take longer than a question may.

    Raises:
        UsageError: as ``password``; the URL is not one of a store.
    """
    settings = StoreSettings(
        url=config.store.url,
        user=config.store.user,
        password=password(config),
        database=config.store.database,
        cluster=config.store.cluster,
    )
    if answer_seconds is not None:
        settings = replace(settings, answer_seconds=answer_seconds)
    return connect(settings)
