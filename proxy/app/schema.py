"""``whosaw migrate``: the store's schema, planned or brought up to date."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from proxy.app.access import store_client
from proxy.config import Config
from proxy.errors import UnavailableError, UsageError
from proxy.keys import secret
from proxy.store import migrate, roles
from proxy.store.port import StoreRejected, StoreUnavailable


def bring_up_roles(
    config: Config, *, plan_only: bool, users: Sequence[str] = ()
) -> list[str]:
    """Make the roles of a server, or only print the statements.

    Args:
        config: names the store.
        plan_only: change nothing; statements are printed, users left out.
        users: ``NAME=ROLE:FILE`` each, the file holds the password.

    Raises:
        UnavailableError: the store does not answer, or refused a statement.
        UsageError: the store is the embedded one, or a user is not of that form.
    """
    if plan_only:
        return [f"{each};" for each in roles.statements(config.store.database)]
    if config.store.embedded:
        raise UsageError(
            "the embedded store has two users, a writer and a reader, and no roles; "
            "they need a ClickHouse server"
        )
    wanted = tuple(store_user(each) for each in users)
    store = store_client(config)
    try:
        return roles.apply(store, wanted)
    except (StoreUnavailable, StoreRejected) as error:
        raise UnavailableError(f"the store at {config.store.url}: {error}") from error
    finally:
        store.close()


def store_user(text: str) -> roles.StoreUser:
    """The user that ``NAME=ROLE:FILE`` names; the file holds the password.

    Raises:
        UsageError: not of that form, no such role, or no private file.
    """
    name, equals, rest = text.partition("=")
    role, colon, file = rest.partition(":")
    if not (equals and colon and name and file):
        raise UsageError(f"--user {name[:40]}: expected NAME=ROLE:FILE")
    return roles.StoreUser(name, roles.role_of(role), secret(Path(file)))


def bring_up(config: Config, *, plan_only: bool, cluster: str = "") -> list[str]:
    """Apply what is missing, or only say what that would be; a line each.

    Args:
        config: names the store.
        plan_only: change nothing.
        cluster: with ``plan_only``, the whole schema as statements for this cluster;
            no store is asked.

    Raises:
        UnavailableError: the store does not answer, or refused a statement.
        UsageError: its schema is not one this program can bring forward.
    """
    if cluster:
        if not plan_only:
            raise UsageError(
                "--cluster goes with --plan; to apply it set store.cluster"
            )
        made = migrate.script(cluster, config.store.database)
        return [f"{statement};" for statement in made]
    store = store_client(config)
    try:
        if plan_only:
            return [
                f"{step.name}: {len(step.statements)} statements to run"
                for step in migrate.plan(store)
            ] or ["the schema is up to date"]
        names = migrate.apply(store)
        return [f"{name} applied" for name in names] or ["the schema is up to date"]
    except (StoreUnavailable, StoreRejected) as error:
        raise UnavailableError(f"the store at {config.store.url}: {error}") from error
    finally:
        store.close()
