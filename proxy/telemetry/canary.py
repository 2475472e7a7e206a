"""Instruments of the canary: is a view that must be there found under its name?"""

from __future__ import annotations

from proxy.telemetry.instrument import (
    ROLE,
    Instrument,
    Kind,
    failing,
    reported,
)


def _of(kind: Kind, name: str, unit: str, key: str, description: str) -> Instrument:
    return reported(kind, "canary", f"whosaw.canary.{name}", unit, key, description)


CANARY = (
    Instrument(
        "whosaw.canary.failing",
        Kind.GAUGE,
        "1",
        "1 while the last run of the canary found no view under its name in time; "
        "the report says what failed.",
        (ROLE,),
        failing("canary", "canary_error"),
    ),
    _of(
        Kind.GAUGE,
        "time",
        "s",
        "canary_at",
        "When it last ran, in seconds since the epoch.",
    ),
    _of(
        Kind.GAUGE,
        "delay",
        "s",
        "canary_seconds",
        "Time from the canary's page to its view in the store, when last found.",
    ),
    _of(Kind.COUNTER, "runs", "{run}", "canary_runs", "Runs of the canary."),
    _of(
        Kind.COUNTER,
        "failures",
        "{run}",
        "canary_failures",
        "Runs that did not find the view.",
    ),
)
