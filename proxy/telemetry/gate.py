"""Instruments of the gate: what is held, and what was let through unrecorded."""

from __future__ import annotations

from proxy.telemetry.instrument import ROLE, Instrument, Kind, figure

GATE = (
    Instrument(
        "whosaw.gate.held",
        Kind.UP_DOWN_COUNTER,
        "By",
        "Bytes of gated pages that wait for their record to be on disk.",
        (ROLE,),
        figure("wire", "gate_held_bytes"),
    ),
    Instrument(
        "whosaw.gate.full",
        Kind.COUNTER,
        "{event}",
        "Times a connection held as much as it may: its page is recorded truncated.",
        (ROLE,),
        figure("wire", "gate_full"),
    ),
    Instrument(
        "whosaw.gate.deadlines",
        Kind.COUNTER,
        "{event}",
        "Pages whose record was not on disk within the hold deadline.",
        (ROLE,),
        figure("wire", "gate_deadlines"),
    ),
    Instrument(
        "whosaw.gate.opened",
        Kind.COUNTER,
        "{event}",
        "Times gated pages were relayed before they were recorded (policy open); "
        "each is a gap.",
        (ROLE,),
        figure("wire", "gate_opened"),
    ),
    Instrument(
        "whosaw.gate.closed",
        Kind.COUNTER,
        "{connection}",
        "Connections ended with a page held (policy closed).",
        (ROLE,),
        figure("wire", "gate_closed"),
    ),
)
