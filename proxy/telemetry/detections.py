"""Instruments of the detections: did they run, and what became of it?

Absent where none are configured. What they found is counted, never named.
"""

from __future__ import annotations

from functools import partial

from proxy.telemetry.instrument import (
    ROLE,
    Instrument,
    Kind,
    failing,
    figure,
    reported,
)

_counter = partial(reported, Kind.COUNTER, "detections")


DETECTIONS = (
    Instrument(
        "whosaw.detections.failing",
        Kind.GAUGE,
        "1",
        "1 while the last run of the detections did not end; status says why.",
        (ROLE,),
        failing("detections", "last_error"),
    ),
    Instrument(
        "whosaw.detections.time",
        Kind.GAUGE,
        "s",
        "When they last ran, in seconds since the epoch; 0 before the first run.",
        (ROLE,),
        figure("detections", "last_run"),
    ),
    _counter("whosaw.detections.runs", "{run}", "runs", "Runs that ended."),
    _counter("whosaw.detections.findings", "{finding}", "findings", "New findings."),
    _counter(
        "whosaw.detections.left_out",
        "{finding}",
        "left_out",
        "Findings above what is kept of one day: thresholds are too low.",
    ),
    _counter(
        "whosaw.detections.pushed",
        "{finding}",
        "pushed",
        "Findings that the receiver acknowledged.",
    ),
)
