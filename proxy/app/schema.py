"""``whosaw migrate``: the store's schema, planned or brought up to date."""

from __future__ import annotations

from proxy.app.access import store_client
from proxy.config import Config
from proxy.errors import UnavailableError
from proxy.store import migrate
from proxy.store.port import StoreRejected, StoreUnavailable


def bring_up(config: Config, *, plan_only: bool) -> list[str]:
    """Apply what is missing, or only say what that would be; a line each.

    Raises:
        UnavailableError: the store does not answer, or refused a statement.
        UsageError: its schema is not one this program can bring forward.
    """
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
