"""A seal some of whose rows were erased: the leaves that were kept, and the rows.

The kept leaves must give the sealed root; each row that is there must give its
leaf with its salt; a row whose salt was kept must be there. A row without a salt
was erased, which must have been due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from proxy.evidence import check
from proxy.evidence.columns import tables
from proxy.evidence.findings import Fault, Finding
from proxy.evidence.kept import unpack
from proxy.evidence.leaves import salt
from proxy.evidence.merkle import SIZE
from proxy.evidence.seal import Seal, Sealed
from proxy.verification.report import Options, Report
from proxy.verification.rows import Part, make
from proxy.verification.source import Source
from proxy.whole_lines import blocks


def beside_kept(
    source: Source,
    report: Report,
    options: Options,
    seal: Seal,
    sealed: Sealed,
    checked: dict[tuple[str, str, int], int],
) -> None:
    """Check what is there of such a seal.

    Args:
        source: asked for its rows.
        report: gets findings, rows and erased entries.
        options: ``erased_before_ns`` says what was due.
        seal: what was signed.
        sealed: with ``leaves``, and ``salts`` or the seed.
        checked: rows that are accounted for, by table, node and epoch.
    """

    def wrong(fault: Fault, text: str, first: int, last: int = 0) -> None:
        report.add(
            Finding(
                node=seal.node,
                epoch=seal.epoch,
                seq=first,
                last=last,
                seal=seal.number,
                fault=fault,
                text=text,
            )
        )

    if check.root_of(sealed.leaves) != seal.root:
        wrong(
            Fault.SEAL_CHANGED,
            "the leaves that were kept are not the sealed ones",
            seal.first,
            seal.last,
        )
        return
    kept = bytes.fromhex(sealed.leaves)
    stays = unpack(sealed.salts, seal.first)
    salts = _salts(seal, sealed, stays)
    seen: set[int] = set()
    for table, seq, leaf in rows_of(source, seal, salts):
        key = (table, seal.node, seal.epoch)
        checked[key] = checked.get(key, 0) + 1
        report.rows += 1
        at = (seq - seal.first) * SIZE
        if seq in seen:
            wrong(Fault.ADDED, "more than one row of this number", seq)
        elif seq not in salts:
            wrong(Fault.ADDED, "a row that was erased", seq)
        elif not leaf:
            wrong(Fault.UNREADABLE, "a value its column cannot hold", seq)
        elif leaf != kept[at : at + SIZE]:
            wrong(Fault.CHANGED, f"not as it was sealed in {seal.number}", seq)
        seen.add(seq)
    for seq in sorted(stays.keys() - seen):
        wrong(Fault.MISSING, f"sealed in {seal.number}, not there", seq)
    absent = sum(b - a + 1 for a, b in seal.absent)
    report.absent += absent
    gone = seal.count - absent - len(seen | stays.keys())
    if sealed.seed:
        report.unfinished += 1
    if gone > 0 and seal.sealed_at_ns >= options.erased_before_ns:
        wrong(
            Fault.MISSING,
            f"{gone} rows are gone before their time",
            seal.first,
            seal.last,
        )
    elif gone > 0:
        report.erase(seal.node, seal.number, gone)


def rows_of(
    source: Source, seal: Seal, salts: Mapping[int, bytes]
) -> Iterator[tuple[str, int, bytes]]:
    """Table, number and leaf of the rows of a seal; an empty leaf for a row without
    canonical bytes or without a salt. A row that stands elsewhere is left out."""
    where = (seal.node, seal.epoch)
    part = Part(seal.first, seal.last, b"", salts)
    for table in tables(seal.columns):
        names = source.names(table)
        lines = source.lines(table, *where, seal.first, seal.last)
        for block in blocks(lines, 1 << 20):
            made = make(table, names, seal.columns, block, where, (part,))
            for seq, leaf in zip(made.seqs, made.leaves, strict=True):
                yield table, seq, leaf


def _salts(
    seal: Seal, sealed: Sealed, stays: Mapping[int, bytes]
) -> Mapping[int, bytes]:
    """By the seed while it is there: then rows that are to go may be there, too."""
    if not sealed.seed:
        return stays
    try:
        seed = bytes.fromhex(sealed.seed)
    except ValueError:
        return stays
    return {seq: salt(seed, seq) for seq in range(seal.first, seal.last + 1)}
