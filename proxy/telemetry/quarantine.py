"""Instruments of the quarantine: what no rule read and is kept for a better one.

Absent where no quarantine is configured.
"""

from __future__ import annotations

from functools import partial

from proxy.telemetry.instrument import Kind, reported

_counter = partial(reported, Kind.COUNTER, "recorder")

QUARANTINE = (
    _counter(
        "whosaw.quarantine.kept",
        "{exchange}",
        "quarantine_kept",
        "Exchanges that no rule read, kept since the start.",
    ),
    _counter(
        "whosaw.quarantine.dropped",
        "{exchange}",
        "quarantine_dropped",
        "Exchanges not kept: too large, too many at once, or refused by the disk.",
    ),
    _counter(
        "whosaw.quarantine.evicted",
        "{exchange}",
        "quarantine_evicted",
        "Exchanges deleted for want of room, or because their days were over.",
    ),
    reported(
        Kind.UP_DOWN_COUNTER,
        "recorder",
        "whosaw.quarantine.size",
        "By",
        "quarantine_bytes",
        "Bytes of kept exchanges on disk; bounded by quarantine.most.",
    ),
)
