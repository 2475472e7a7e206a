"""How soon what was shown can be asked for."""

from __future__ import annotations

import time

from deploy.demo.watching import Lags, watching
from proxy.events import ExchangeRecorded
from proxy.store.client import ClickHouseStore
from proxy.store.tables import EXCHANGES, table_for
from tests.support.embedded import EmbeddedStore
from tests.support.rows import exchange
from tests.support.waiting import until_async


def put(store: ClickHouseStore, seq: int, event: ExchangeRecorded) -> None:
    """Let the store have this exchange."""
    row = table_for(event).row(event, "test", 1, seq)
    store.insert(EXCHANGES.name, EXCHANGES.columns, [row], f"token-{seq}")


def test_a_row_counts_once_from_the_last_byte_shown(
    embedded_store: EmbeddedStore,
) -> None:
    """The lag is until it was first found."""
    store = embedded_store.store()
    lags = Lags()
    shown_ns = time.time_ns()
    put(store, 1, exchange(started_ns=shown_ns, ended_ns=shown_ns))

    found = [lags.look(store), lags.look(store)]
    put(store, 2, exchange(started_ns=shown_ns, ended_ns=shown_ns))
    found.append(lags.look(store))
    waited_ms = (time.time_ns() - shown_ns) / 1e6
    store.close()

    assert found == [1, 0, 1]
    first, second = lags.milliseconds
    assert 0 < first <= second <= waited_ms


def test_a_percentile_is_the_lag_below_which_that_share_lies() -> None:
    """The largest stands at the end, and no row is no lag."""
    lags = Lags()
    assert lags.percentile(0.5) == 0.0

    lags.milliseconds = [float(n) for n in range(100, 0, -1)]

    assert lags.percentile(0.5) == 51.0
    assert lags.percentile(0.99) == 100.0
    assert lags.percentile(1.0) == 100.0


async def test_watching_finds_rows_until_its_end(embedded_store: EmbeddedStore) -> None:
    """In the background, while advisors work."""
    store = embedded_store.store()
    async with watching(store) as lags:
        for seq in (1, 2, 3):
            put(store, seq, exchange())
        await until_async(lambda: len(lags.milliseconds) == 3, "all were found")
    store.close()
