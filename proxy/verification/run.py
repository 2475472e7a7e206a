"""The whole verification: chains, rows, what is left over, what was not checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count, pairwise

from proxy.evidence import chain as chains
from proxy.evidence import check
from proxy.evidence.chain import Chain
from proxy.evidence.columns import tables
from proxy.evidence.findings import Fault, Finding
from proxy.evidence.merkle import SIZE
from proxy.evidence.seal import SEED_BYTES, Seal, Sealed, SealRefused, Signed, read
from proxy.verification.kept import beside_kept
from proxy.verification.report import Options, Report
from proxy.verification.rows import Part
from proxy.verification.source import Source
from proxy.verification.unsealed import erased, left_over
from proxy.verification.workers import Done, Task, Workers, workers
from proxy.whole_lines import blocks

Stretch = list[tuple[Seal, Sealed]]


def verify(
    source: Source, options: Options, progress: Callable[[int], None] = lambda _: None
) -> Report:
    """Check everything ``source`` has.

    Raises:
        StoreUnavailable, StoreRejected, UsageError: it cannot be read.
    """
    report = Report()
    # Rows that came in after the seals were read are not sealed yet.
    nodes = dict.fromkeys(source.nodes())
    for anchor in options.anchors:
        seal = _read_or_none(anchor)
        if seal is not None:
            nodes.setdefault(seal.node)
    for node in sorted(nodes):
        found = chains.chain(node, source.seals(node), options.keys)
        report.nodes[node] = found
        report.seals += len(found.seals)
        for each in found.findings:
            report.add(each)
        for each in chains.anchored(found, options.anchors, options.keys):
            report.add(each)
    total = sum(seal.count for each in report.nodes.values() for seal, _ in each.seals)
    largest = max(
        (seal.count for each in report.nodes.values() for seal, _ in each.seals),
        default=1,
    )
    processes = options.workers if total > options.few else 1
    most = min(max(options.most_entries, largest), max(total, 1))
    with workers(processes, most) as pool:
        _rows(source, options, report, pool, most, progress)
    return report


def _rows(
    source: Source,
    options: Options,
    report: Report,
    pool: Workers,
    most: int,
    progress: Callable[[int], None],
) -> None:
    checked: dict[tuple[str, str, int], int] = {}
    for found in report.nodes.values():
        for stretch in _stretches(found, report, source, options, most, checked):
            _stretch(source, report, pool, stretch, checked, options.block)
            progress(report.rows)
    left_over(source, report, checked)


def _stretches(
    found: Chain,
    report: Report,
    source: Source,
    options: Options,
    most: int,
    checked: dict[tuple[str, str, int], int],
) -> Iterator[Stretch]:
    """Runs of seals that are checked together; erased ones are dealt with."""
    run: Stretch = []
    for seal, sealed in found.seals:
        for each in check.seeds(seal, sealed):
            report.add(each)
        if not seal.count:
            continue
        usable = (
            len(bytes.fromhex(_hex(sealed.seed))) == SEED_BYTES
            and not sealed.kept
            and not sealed.erased_at_ns
        )
        if run and (
            not usable
            or (seal.epoch, seal.first) != (run[-1][0].epoch, run[-1][0].last + 1)
            or seal.columns != run[-1][0].columns
            or seal.last - run[0][0].first + 1 > most
        ):
            yield run
            run = []
        if usable:
            run.append((seal, sealed))
        elif sealed.kept:
            whole = source.filled(seal, sealed)
            beside_kept(source, report, options, seal, whole, checked)
        else:
            erased(source, report, options, seal, sealed, checked)
    if run:
        yield run


def _stretch(
    source: Source,
    report: Report,
    pool: Workers,
    stretch: Stretch,
    checked: dict[tuple[str, str, int], int],
    block: int,
) -> None:
    first, last = stretch[0][0], stretch[-1][0]
    entries = last.last - first.first + 1
    pool.memory[: entries * (SIZE + 1)] = bytes(entries * (SIZE + 1))
    again: list[int] = []
    unreadable: list[int] = []
    ends: dict[str, list[tuple[int, int, int]]] = {}
    for done in pool.map(entries, _tasks(source, stretch, block)):
        key = (done.table, first.node, first.epoch)
        checked[key] = checked.get(key, 0) + done.rows
        report.rows += done.rows
        again += done.again
        unreadable += done.unreadable
        _strays(report, first, done)
        if source.ordered:
            _order(report, first, done)
            if done.rows:
                ends.setdefault(done.table, []).append(
                    (done.number, done.first, done.last)
                )
    _order_across(report, first, ends)
    seen = bytearray(pool.memory[entries * SIZE : entries * (SIZE + 1)])
    for seq in again:
        seen[seq - first.first] = 2
    intact, gatherings = [], []
    for seal, sealed in stretch:
        begin, end = seal.first - first.first, seal.last - first.first + 1
        gathering = check.Gathering(seal, sealed)
        gathering.seen[:] = seen[begin:end]
        gathering.leaves[:] = pool.memory[begin * SIZE : end * SIZE]
        gathering.unreadable = [s for s in unreadable if seal.first <= s <= seal.last]
        report.absent += sum(b - a + 1 for a, b in seal.absent)
        gatherings.append(gathering)
        if not seal.absent and not check.needs_no_root(gathering):
            intact.append((len(gatherings) - 1, (begin, end)))
    roots = dict(
        zip(
            (number for number, _ in intact),
            pool.roots([span for _, span in intact]) if intact else (),
            strict=True,
        )
    )
    for number, gathering in enumerate(gatherings):
        for each in check.rows(gathering, roots.get(number)):
            report.add(each)


def _tasks(source: Source, stretch: Stretch, size: int) -> Iterator[Task]:
    first, last = stretch[0][0], stretch[-1][0]
    parts = tuple(
        Part(seal.first, seal.last, bytes.fromhex(sealed.seed))
        for seal, sealed in stretch
    )
    where = (first.node, first.epoch)
    number = count()
    for table in tables(first.columns):
        lines = source.lines(table, *where, first.first, last.last)
        for block in blocks(lines, size):
            yield Task(
                table=table,
                names=source.names(table),
                version=first.columns,
                lines=block,
                where=where,
                parts=parts,
                number=next(number),
            )


def _strays(report: Report, seal: Seal, done: Done) -> None:
    for node, epoch, seq in done.strays:
        report.add(
            Finding(
                node=node,
                epoch=epoch,
                seq=seq,
                fault=Fault.ADDED,
                text=f"a row of {done.table} that belongs to no seal, or stands "
                "where it does not belong",
            )
        )
    if done.broken:
        report.add(
            Finding(
                node=seal.node,
                epoch=seal.epoch,
                seal=seal.number,
                fault=Fault.UNREADABLE,
                text=f"{done.broken} lines of {done.table} are no rows",
            )
        )


def _order(report: Report, seal: Seal, done: Done) -> None:
    """Rows of an export rise within a block."""
    if not done.ordered:
        report.add(
            Finding(
                node=seal.node,
                epoch=seal.epoch,
                seq=done.first,
                last=done.last,
                seal=seal.number,
                fault=Fault.REORDERED,
                text=f"rows of {done.table} do not stand in their order",
            )
        )


def _order_across(
    report: Report, seal: Seal, ends: dict[str, list[tuple[int, int, int]]]
) -> None:
    """And from one block to the next, whichever was done first."""
    for table, blocks_of in ends.items():
        for (_, _, last), (_, first, _) in pairwise(sorted(blocks_of)):
            if first <= last:
                report.add(
                    Finding(
                        node=seal.node,
                        epoch=seal.epoch,
                        seq=first,
                        last=last,
                        seal=seal.number,
                        fault=Fault.REORDERED,
                        text=f"rows of {table} do not stand in their order",
                    )
                )


def _read_or_none(signed: Signed) -> Seal | None:
    try:
        return read(signed.body)
    except SealRefused:
        return None


def _hex(text: str) -> str:
    try:
        bytes.fromhex(text)
    except ValueError:
        return ""
    return text
