"""Rows that are in no seal that can be checked: erased, added, or not sealed yet."""

from __future__ import annotations

from proxy.evidence.columns import tables
from proxy.evidence.findings import Fault, Finding
from proxy.evidence.seal import Seal, Sealed
from proxy.verification.report import Options, Report
from proxy.verification.source import Source


def erased(
    source: Source,
    report: Report,
    options: Options,
    seal: Seal,
    sealed: Sealed,
    checked: dict[tuple[str, str, int], int],
) -> None:
    """A seal whose seed is gone: its rows must be, too, and must have been due."""
    there = 0
    for table in tables(seal.columns):
        rows = source.count(table, seal.node, seal.epoch, seal.first, seal.last)
        there += rows
        if sealed.seed:
            key = (table, seal.node, seal.epoch)
            checked[key] = checked.get(key, 0) + rows

    def wrong(fault: Fault, text: str) -> None:
        report.add(
            Finding(
                node=seal.node,
                epoch=seal.epoch,
                seq=seal.first,
                last=seal.last,
                seal=seal.number,
                fault=fault,
                text=text,
            )
        )

    if sealed.seed:
        report.unfinished += 1
    elif there:
        wrong(Fault.SEED_CHANGED, f"{there} rows are there, and the seed is not")
    if seal.sealed_at_ns >= options.erased_before_ns:
        if not there:
            wrong(Fault.MISSING, "rows and seed are gone before their time")
    elif not there:
        report.erase(seal.node, seal.number, seal.count)


def left_over(
    source: Source, report: Report, checked: dict[tuple[str, str, int], int]
) -> None:
    """Rows that no seal covers."""
    # A store that has just begun; that seals are gone, an anchor would have said. An
    # export has sealed rows only.
    young = report.nothing_sealed and not source.ordered
    for span in source.spans():
        found = report.nodes.get(span.node)
        last = found.last if found else None
        if last is None and young:
            report.unsealed += span.rows
            continue
        if last is None:
            report.add(
                Finding(
                    node=span.node,
                    epoch=span.epoch,
                    seq=span.first,
                    last=span.last,
                    fault=Fault.SEAL_MISSING,
                    text=f"{span.rows} rows of {span.table} and no seal of this node; "
                    "one that has just begun has its first within seals.every",
                )
            )
            continue
        if span.epoch > last.epoch:
            report.unsealed += span.rows
            continue
        above = 0
        if span.epoch == last.epoch and span.last > last.last:
            above = (
                span.rows
                if source.ordered and span.first > last.last
                else source.count(
                    span.table, span.node, span.epoch, last.last + 1, span.last
                )
            )
            report.unsealed += above
        done = 0 if source.ordered else checked.get(span[:3], 0)
        extra = span.rows - above - done
        if extra > 0:
            report.add(
                Finding(
                    node=span.node,
                    epoch=span.epoch,
                    seq=span.first,
                    last=span.last,
                    fault=Fault.ADDED,
                    text=f"{extra} rows of {span.table} that no seal covers",
                )
            )
