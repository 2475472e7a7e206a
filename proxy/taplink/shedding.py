"""What gives when the recorder lags too far: connections that nobody gates, the
largest first and whole. Gated ones are not read until it has caught up."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from proxy.tapstream import LossReason, Lost

if TYPE_CHECKING:
    from proxy.taplink.link import TapLink

logger = logging.getLogger(__name__)


def shed(link: TapLink) -> None:
    """Bring the backlog below its hard bound, or stop reading what is gated."""
    tracked, backlog = link.tracked, link.backlog
    excess = backlog.size - link.limits.backlog_hard * 7 // 8
    gated = {number for number, each in tracked.items() if each.held is not None}
    victims = backlog.largest(excess, gated) & tracked.keys()
    totals = {n: (tracked[n].up, tracked[n].down) for n in victims}
    for number, dropped in backlog.shed(victims, totals).items():
        assert dropped.up is not None
        assert dropped.down is not None
        lost = Lost(
            reason=LossReason.SHED,
            up=dropped.up,
            down=dropped.down,
            since_ns=dropped.since_ns,
        )
        if not tracked[number].silent:
            tracked[number].lose_from(dropped.up, dropped.down, lost)
            link.counters.shed_connections += 1
        link.counters.lost_bytes += dropped.size
    if victims:
        logger.warning(
            "the recorder lags: %d connections pass unrecorded until they end",
            len(victims),
        )
    if gated and backlog.size > link.limits.backlog_hard:
        stall(link, stalled=True)


def stall(link: TapLink, *, stalled: bool) -> None:
    """Read no more of what is gated, or read it again."""
    link.stalled = stalled
    for connection in link.tracked.values():
        held = connection.held
        if held is not None and held.stalled is not stalled:
            held.stalled = stalled
            held.wake()
