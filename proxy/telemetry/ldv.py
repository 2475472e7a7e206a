"""Instruments of the lines for citizens: were they sent, and taken?

Absent where no receiver is configured.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from proxy.telemetry.instrument import (
    ROLE,
    Instrument,
    Kind,
    Point,
    Reports,
    reported,
)

_counter = partial(reported, Kind.COUNTER, "ldv")


def _waiting(reports: Reports) -> Iterator[Point]:
    report = reports.get("ldv")
    if report is not None and "ldv_error" in report.figures:
        yield float(bool(report.figures["ldv_error"])), {ROLE: "ldv"}


LDV = (
    Instrument(
        "whosaw.ldv.failing",
        Kind.GAUGE,
        "1",
        "1 while lines for citizens wait because the receiver does not take them; "
        "status says why.",
        (ROLE,),
        _waiting,
    ),
    _counter(
        "whosaw.ldv.lines",
        "{line}",
        "ldv_lines",
        "Lines that the receiver acknowledged.",
    ),
    _counter(
        "whosaw.ldv.rejected",
        "{line}",
        "ldv_rejected",
        "Lines the receiver did not take, for good; noted in ldv-rejected.jsonl.",
    ),
    _counter(
        "whosaw.ldv.lost",
        "{entry}",
        "ldv_lost",
        "Journal entries that were gone or unreadable before their lines were sent.",
    ),
    _counter(
        "whosaw.ldv.retries",
        "{request}",
        "ldv_retries",
        "Requests that were to be sent again.",
    ),
)
