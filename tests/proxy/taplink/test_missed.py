"""Connections beyond the bound on tracked ones."""

from __future__ import annotations

import msgspec

from proxy.taplink.missed import MissedTotals, Untracked
from proxy.tapstream import Ended, LossReason, Missed


def frames(totals: MissedTotals, *, again: bool = False) -> list[Missed]:
    """What may be sent, decoded."""
    return [
        msgspec.msgpack.decode(payload, type=Missed)
        for _, payload in totals.frames(1, again=again)
    ]


def test_totals_are_sent_once_and_again_to_another_recorder() -> None:
    """One frame under way per application; what comes meanwhile waits its turn."""
    totals = MissedTotals()
    totals.add("a", 5, Ended(up=1, down=2), 6, absent=True)
    totals.add("a", 4, Ended(up=10, down=20), 7, absent=True)
    totals.add("b", 4, Ended(up=3, down=3), 7, absent=False)

    first = frames(totals)
    totals.add("a", 8, Ended(up=1, down=1), 9, absent=True)

    assert [
        (m.application, m.connections, m.up, m.down, m.since_ns, m.until_ns)
        for m in first
    ] == [("a", 2, 11, 22, 4, 7), ("b", 1, 3, 3, 4, 7)]
    assert [m.reason for m in first] == [LossReason.RECORDER_ABSENT, LossReason.SHED]
    assert not frames(totals)
    assert first == frames(totals, again=True)
    totals.commit(first[-1].serial)
    assert [m.application for m in frames(totals)] == ["a"]
    assert not totals.empty


def test_untracked_connection_tells_its_totals_once() -> None:
    """Whatever is called before, and however often it ends."""
    told: list[tuple[str, int, Ended, int]] = []
    tap = Untracked("a", 1, lambda *what: told.append(what), lambda *_: None)
    tap.data(True, b"x", 2)
    tap.eof(True, 2)
    tap.detach(2)

    tap.end(Ended(up=1, down=0), 3)
    tap.end(Ended(up=9, down=9), 4)

    assert [("a", 1, Ended(up=1, down=0), 3)] == told
