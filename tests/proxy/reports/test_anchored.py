"""What a month says of anchors."""

from __future__ import annotations

from datetime import UTC, datetime

from proxy.reports.anchored import Anchoring, away, rows
from proxy.sealing.outages import Outage
from tests.support.embedded import EmbeddedStore

MAY = (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
PERIOD = {"from": MAY[0].isoformat(), "to": MAY[1].isoformat()}
DAY = 86_400 * 10**9


def of(*outages: Outage, **numbers: int) -> Anchoring:
    """A host with the anchors ``worm`` and ``tsa``."""
    return Anchoring(
        node="n",
        names=("worm", "tsa"),
        numbers={f"n {name}": number for name, number in numbers.items()},
        outages=outages,
    )


def test_each_anchor_vouches_for_the_seals_up_to_its_last(
    embedded_store: EmbeddedStore,
) -> None:
    """Of the month; one that never took a seal is there, too."""
    store = embedded_store.store()
    store.insert(
        "seals",
        ("node", "number", "epoch", "first", "last", "sealed_at", "body", "signature"),
        [
            ("n", n, 1, n, n, datetime(2026, month, 3, tzinfo=UTC), "b", "s")
            for n, month in ((1, 4), (2, 5), (3, 5), (4, 5))
        ],
        "seals",
    )

    found = list(rows(store, of(worm=3), PERIOD))
    store.close()

    assert found == [
        ("n", "worm", "3", "3", "2", "2026-05-03 00:00:00Z"),
        ("n", "tsa", "none", "3", "0", "-"),
    ]


def test_outages_that_lasted_into_the_month_are_told() -> None:
    """Neither those over before it nor those of later; words are made printable."""
    start, end = (round(each.timestamp()) * 10**9 for each in MAY)

    def outage(from_ns: int, to_ns: int, why: str = "away") -> Outage:
        return Outage(
            node="n", anchor="worm", why=why, from_ns=from_ns, to_ns=to_ns, seal=7
        )

    found = away(
        of(
            outage(start - 9 * DAY, start - DAY),
            outage(start - DAY, start + DAY, "a \x1b[31m"),
            outage(end - DAY, 0),
            outage(end + DAY, 0),
        ),
        *MAY,
    )

    assert [row[2:4] for row in found] == [
        ("2026-04-30 00:00:00Z", "2026-05-02 00:00:00Z"),
        ("2026-05-31 00:00:00Z", "it lasts"),
    ]
    assert "\x1b" not in found[0][5]
