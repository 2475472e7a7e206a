"""Where the store is and who asks it, and under which keys, from the config."""

from __future__ import annotations

from dataclasses import replace

from proxy.config import Config
from proxy.keys import KeyFile, secret, secret_or_create
from proxy.keys import load as load_keys
from proxy.store.client import ClickHouseStore, StoreSettings, connect


def password(config: Config) -> str:
    """The store's password; an embedded store gets one made at its first start.

    Raises:
        UsageError: the file is missing, empty or readable by others.
    """
    read = secret_or_create if config.store.embedded else secret
    return read(config.store.password_file)


def keys_of(config: Config) -> KeyFile:
    """The key file as the config wants ids kept.

    Raises:
        UsageError: as ``proxy.keys.load``.
    """
    return load_keys(config.keys, plain=config.plain_ids)


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
