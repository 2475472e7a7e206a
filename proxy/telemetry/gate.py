"""Instruments of the gate: what is held, and what was let through unrecorded."""

from __future__ import annotations

from functools import partial

from proxy.telemetry.instrument import Kind, reported

_counter = partial(reported, Kind.COUNTER, "wire")

GATE = (
    reported(
        Kind.UP_DOWN_COUNTER,
        "wire",
        "whosaw.gate.held",
        "By",
        "gate_held_bytes",
        "Bytes of gated pages that wait for their record to be on disk.",
    ),
    _counter(
        "whosaw.gate.full",
        "{event}",
        "gate_full",
        "Times a connection held as much as it may: its page is recorded truncated.",
    ),
    _counter(
        "whosaw.gate.deadlines",
        "{event}",
        "gate_deadlines",
        "Pages whose record was not on disk within the hold deadline.",
    ),
    _counter(
        "whosaw.gate.opened",
        "{event}",
        "gate_opened",
        "Times gated pages were relayed before they were recorded (policy open); "
        "each is a gap.",
    ),
    _counter(
        "whosaw.gate.closed",
        "{connection}",
        "gate_closed",
        "Connections ended with a page held (policy closed).",
    ),
)
