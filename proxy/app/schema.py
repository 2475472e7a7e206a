"""``whosaw migrate``: the store's schema, planned or brought up to date."""

from __future__ import annotations

from proxy.app.access import store_client
from proxy.config import Config
from proxy.errors import UnavailableError, UsageError
from proxy.store import migrate
from proxy.store.port import StoreRejected, StoreUnavailable


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
