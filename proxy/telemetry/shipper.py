"""Instruments of the shipper: how far the answers are behind the evidence."""

from __future__ import annotations

from collections.abc import Iterator

from proxy.telemetry.instrument import (
    ROLE,
    Instrument,
    Kind,
    Point,
    Reports,
    figure,
    reported,
)


def _counter(name: str, unit: str, key: str, description: str) -> Instrument:
    full = f"whosaw.shipper.{name}"
    return reported(Kind.COUNTER, "shipper", full, unit, key, description)


def _gauge(
    name: str, unit: str, key: str, description: str, scale: float = 1.0
) -> Instrument:
    return Instrument(
        f"whosaw.shipper.{name}",
        Kind.GAUGE,
        unit,
        description,
        (ROLE,),
        figure("shipper", key, scale),
    )


def _failing(reports: Reports) -> Iterator[Point]:
    report = reports.get("shipper")
    if report is not None:
        yield float(bool(report.figures.get("last_error"))), {ROLE: "shipper"}


SHIPPER = (
    _gauge(
        "lag",
        "s",
        "lag_ms",
        "Age of the oldest entry that is not in the store yet.",
        1e-3,
    ),
    Instrument(
        "whosaw.shipper.failing",
        Kind.GAUGE,
        "1",
        "1 while the store does not take rows; the report says why.",
        (ROLE,),
        _failing,
    ),
    Instrument(
        "whosaw.reconcile.differences",
        Kind.GAUGE,
        "{difference}",
        "Places in which what was seen and what is stored differ, in the last "
        "account; whosaw reconcile names them.",
        (ROLE,),
        figure("shipper", "reconcile_differences"),
    ),
    Instrument(
        "whosaw.reconcile.time",
        Kind.GAUGE,
        "s",
        "When the last account was taken, in seconds since the epoch.",
        (ROLE,),
        figure("shipper", "reconciled_at"),
    ),
    _counter("batches", "{batch}", "batches", "Batches moved."),
    _counter("rows", "{row}", "rows_stored", "Rows inserted into the store."),
    _counter(
        "rows.found",
        "{row}",
        "rows_found",
        "Rows that were there already when a range was counted after a doubt.",
    ),
    _counter(
        "rows.rejected",
        "{row}",
        "rows_rejected",
        "Rows the store refused; kept on disk with the reason.",
    ),
    _counter(
        "entries.unreadable",
        "{entry}",
        "entries_unreadable",
        "Entries that could not be decoded; named on disk.",
    ),
    _counter(
        "entries.missing",
        "{entry}",
        "entries_missing",
        "Entries of a damaged segment that are gone.",
    ),
    _counter("failures", "{failure}", "failures", "Attempts the store did not take."),
    _counter(
        "counts.short",
        "{count}",
        "short_counts",
        "Counts in which the store held fewer rows than it had acknowledged.",
    ),
    _counter(
        "counts.surplus",
        "{count}",
        "surplus_counts",
        "Counts in which the store held more rows than were sent.",
    ),
    _counter(
        "ranges.repaired",
        "{range}",
        "ranges_repaired",
        "Ranges shipped again after a shortage.",
    ),
)
