"""Counters and their snapshots."""

from __future__ import annotations

from addons.status import Counters, WireStatus


def test_snapshot_adds_the_bytes_of_open_connections() -> None:
    """Bytes are counted when a connection ends; a long one must show before that."""
    counters = Counters(connections_open=2, bytes_up=10, bytes_down=100, taps_failed=1)

    listener = counters.snapshot(
        application="a", address="127.0.0.1:1", accepting=True, up=5, down=7
    )

    assert (listener.bytes_up, listener.bytes_down) == (15, 107)
    assert listener.taps_failed == 1
    assert WireStatus(listeners=(listener,) * 3, draining=False).connections_open == 6
