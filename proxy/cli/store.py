"""``store``: serve the embedded store; back a store up, restore it, move it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from proxy.app.access import store_client
from proxy.asking.asked import Asked
from proxy.cli.inquiring import inquire
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Why, log_to_stderr
from proxy.config import load
from proxy.errors import ExitCode, UnavailableError
from proxy.keys import secret
from proxy.ownership import refuse_root
from proxy.store import copying
from proxy.store.client import ClickHouseStore, StoreSettings, connect
from proxy.store.migrate import apply
from proxy.store.port import StoreRejected, StoreUnavailable

_SECONDS = 3600
"""For one statement: all rows of a month of a table."""
START_SECONDS = 20.0
"""A store may take to its first answer."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    store = typer.Typer(help="The embedded store, and copies of any.")
    store.callback(invoke_without_command=True)(serve)
    store.command()(backup)
    store.command()(restore)
    store.command()(move)
    app.add_typer(store, name="store")


def serve(context: typer.Context, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Serve the embedded store over the ClickHouse HTTP interface."""
    if context.invoked_subcommand is not None:
        return
    from proxy.app import store as role

    log_to_stderr("store")
    settings = load(config)
    refuse_root(settings.state)
    raise typer.Exit(role.run(settings))


def backup(
    directory: Annotated[Path, typer.Argument(help="A new directory.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    reason: Why = "",
) -> int:
    """Write all rows of the store to files, while it is running."""
    settings = load(config)
    inquire(settings, Asked(question="store backup", reason=reason, about="all rows"))
    store = store_client(settings, answer_seconds=_SECONDS)
    try:
        copying.backup(store, directory, _tell)
    except (StoreUnavailable, StoreRejected) as error:
        raise _unavailable(store, error) from error
    finally:
        store.close()
    typer.echo(f"{directory} is whole")
    return ExitCode.OK


def restore(
    directory: Annotated[Path, typer.Argument(help="What backup wrote.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    database: Annotated[
        str, typer.Option(help="Another database than the config's.")
    ] = "",
) -> int:
    """Bring a backup into the store; the tables are made, and must be empty.

    A store that was started just now is waited for.
    """
    store = store_client(load(config), answer_seconds=_SECONDS)
    if database:
        store = connect(replace(store.settings, database=database))
    try:
        copying.manifest(directory)
        _wait_for(store)
        apply(store)
        copying.restore(store, directory, _tell)
    except (StoreUnavailable, StoreRejected) as error:
        raise _unavailable(store, error) from error
    finally:
        store.close()
    return ExitCode.OK


def move(
    to: Annotated[str, typer.Option(help="URL of the other store.")],
    password_file: Annotated[Path, typer.Option(help="File with its password.")],
    config: ConfigFile = DEFAULT_CONFIG,
    user: Annotated[str, typer.Option(help="User there; may make tables.")] = "whosaw",
    database: Annotated[str, typer.Option(help="Database there.")] = "whosaw",
    cluster: Annotated[str, typer.Option(help="Its cluster; else one server.")] = "",
    reason: Why = "",
) -> int:
    """Copy every row into another store, such as a ClickHouse.

    Stop the sidecar's shipper first, name the other store in the config after.
    """
    settings = load(config)
    about = f"all rows to {to}"
    inquire(settings, Asked(question="store move", reason=reason, about=about))
    source = store_client(settings, answer_seconds=_SECONDS)
    target = connect(
        StoreSettings(
            url=to,
            user=user,
            password=secret(password_file),
            database=database,
            cluster=cluster,
            answer_seconds=_SECONDS,
        )
    )
    try:
        apply(target)
        copying.move(source, target, _tell)
    except (StoreUnavailable, StoreRejected) as error:
        raise UnavailableError(
            f"{source.settings.url} to {to}: {error}; begin again with a new --database"
        ) from error
    finally:
        source.close()
        target.close()
    return ExitCode.OK


def _wait_for(store: ClickHouseStore) -> None:
    """Until it answers, whatever it says; in vain, the next statement tells why."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            store.query("SELECT 1")
        except StoreUnavailable:
            time.sleep(0.2)
        except StoreRejected:
            return
        else:
            return


def _tell(each: copying.Copied) -> None:
    typer.echo(f"{each.table}: {each.rows} rows")


def _unavailable(store: ClickHouseStore, error: Exception) -> UnavailableError:
    return UnavailableError(f"the store at {store.settings.url}: {error}")
