"""A recorder that stands still: what nobody gates is shed, what is gated waits."""

from __future__ import annotations

from pathlib import Path

from proxy.taplink import Limits, TapLink
from proxy.tapstream import Opened

LIMITS = Limits(backlog_soft=10_000, backlog_hard=20_000)


async def test_gated_connections_are_not_shed_but_not_read(tmp_path: Path) -> None:
    """And read again when the recorder has taken what waited."""
    link = TapLink(tmp_path / "tap.sock", 1, LIMITS, gates={"strict": True})
    link.live = True  # as with a recorder whose socket takes nothing
    woken: list[str] = []
    plain = link.opened(Opened(application="plain", client=("192.0.2.1", 1)), 1)
    gated = link.opened(Opened(application="strict", client=("192.0.2.1", 2)), 1)
    assert plain.gate(lambda: woken.append("plain")) is None
    hold = gated.gate(lambda: woken.append("gated"))
    assert hold is not None

    for _ in range(30):
        plain.data(False, bytes(1000), 2)
        gated.data(False, bytes(1000), 2)

    assert link.status()["shed_connections_open"] == 1
    assert link.tracked[1].shed
    assert not link.tracked[2].shed
    assert (hold.stalled, woken) == (True, ["gated"])
