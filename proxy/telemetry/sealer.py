"""Instruments of the sealer: how much evidence is sealed, and anchored elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from proxy.telemetry.instrument import (
    ROLE,
    Instrument,
    Kind,
    Point,
    Reports,
    figure,
    mapping,
)

ANCHOR = "whosaw.anchor"


def _failing(reports: Reports) -> Iterator[Point]:
    report = reports.get("sealer")
    if report is None:
        return
    failing = report.figures.get("anchors_failing")
    anchored = report.figures.get("anchored")
    names = set(failing if isinstance(failing, dict) else {})
    for name in names | set(anchored if isinstance(anchored, dict) else {}):
        yield float(name in names), {ANCHOR: str(name)}


SEALER = (
    Instrument(
        "whosaw.seal.age",
        Kind.GAUGE,
        "s",
        "Time since the last seal; a seal is missing when it passes seals.every.",
        (ROLE,),
        figure("sealer", "seal_age_s"),
    ),
    Instrument(
        "whosaw.seals",
        Kind.COUNTER,
        "{seal}",
        "Seals made.",
        (ROLE,),
        figure("sealer", "seals_made"),
    ),
    Instrument(
        "whosaw.seal.number",
        Kind.GAUGE,
        "{seal}",
        "Number of the last seal.",
        (ROLE,),
        figure("sealer", "last_seal"),
    ),
    Instrument(
        "whosaw.anchor.number",
        Kind.GAUGE,
        "{seal}",
        "Number of the last seal that each anchor holds.",
        (ANCHOR,),
        mapping("sealer", "anchored", ANCHOR),
    ),
    Instrument(
        "whosaw.anchor.failing",
        Kind.GAUGE,
        "1",
        "1 while this anchor does not take seals; they wait and are tried again.",
        (ANCHOR,),
        _failing,
    ),
    Instrument(
        "whosaw.anchor.failures",
        Kind.COUNTER,
        "{failure}",
        "Attempts an anchor did not take.",
        (ROLE,),
        figure("sealer", "anchor_failures"),
    ),
)
