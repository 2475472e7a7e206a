"""Every instrument of the sidecar, in the order of the reference."""

from __future__ import annotations

from proxy.telemetry.canary import CANARY
from proxy.telemetry.detections import DETECTIONS
from proxy.telemetry.gate import GATE
from proxy.telemetry.instrument import Instrument
from proxy.telemetry.ldv import LDV
from proxy.telemetry.process import PROCESS
from proxy.telemetry.quarantine import QUARANTINE
from proxy.telemetry.questions import QUESTIONS
from proxy.telemetry.recorder import RECORDER
from proxy.telemetry.sealer import SEALER
from proxy.telemetry.shipper import SHIPPER
from proxy.telemetry.wire import WIRE

INSTRUMENTS: tuple[Instrument, ...] = (
    *PROCESS,
    *WIRE,
    *GATE,
    *RECORDER,
    *QUARANTINE,
    *SHIPPER,
    *SEALER,
    *CANARY,
    *LDV,
    *DETECTIONS,
    *QUESTIONS,
)
