"""Instruments of every process alike, named as OpenTelemetry's process metrics.

``whosaw.role`` tells the processes of one sidecar apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from proxy.telemetry.instrument import (
    ROLE,
    Instrument,
    Kind,
    Point,
    Reports,
    footprint,
    mapping,
)


def _up(reports: Reports) -> Iterator[Point]:
    for role in reports:
        yield 1.0, {ROLE: role}


PROCESS = (
    Instrument(
        "whosaw.process.up",
        Kind.GAUGE,
        "1",
        "1 for each process that wrote its report within the last five seconds.",
        (ROLE,),
        _up,
    ),
    Instrument(
        "whosaw.process.restarts",
        Kind.COUNTER,
        "{restart}",
        "Times the supervisor started this process again after it ended by itself.",
        (ROLE,),
        mapping("sidecar", "restarts", ROLE),
    ),
    Instrument(
        "process.cpu.time",
        Kind.COUNTER,
        "s",
        "CPU time used, user and system together.",
        (ROLE,),
        footprint("cpu_seconds"),
    ),
    Instrument(
        "process.memory.usage",
        Kind.UP_DOWN_COUNTER,
        "By",
        "Resident memory.",
        (ROLE,),
        footprint("resident_bytes"),
    ),
    Instrument(
        "process.unix.file_descriptor.count",
        Kind.UP_DOWN_COUNTER,
        "{file_descriptor}",
        "Open descriptors; absent where the kernel does not tell (before Linux 6.2).",
        (ROLE,),
        footprint("descriptors"),
    ),
    Instrument(
        "whosaw.process.loop.delay",
        Kind.GAUGE,
        "s",
        "Worst lateness of the event loop in the last second. In a wire every byte "
        "that passed then waited up to this long: the latency a wire knows it added.",
        (ROLE,),
        footprint("loop_delay_seconds"),
    ),
)
