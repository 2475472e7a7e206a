"""The whole verification: chains, rows, what is left over, what was not checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from proxy.evidence import chain as chains
from proxy.evidence import check
from proxy.evidence.chain import Chain, Keys
from proxy.evidence.columns import tables
from proxy.evidence.findings import Fault, Finding
from proxy.evidence.merkle import SIZE
from proxy.evidence.seal import Seal, Sealed, Signed
from proxy.verification.rows import Part, blocks
from proxy.verification.source import Source
from proxy.verification.workers import Done, Task, Workers, workers

MOST_ENTRIES = 1_000_000
"""Entries checked at once: 33 MB of memory; a store is gone through once for
each, so many is faster."""
BLOCK = 1 << 20
"""Bytes of rows in a task: some two thousand rows."""
MOST_FINDINGS = 1_000
"""Findings that are kept; more are counted."""
FEW = 50_000
"""Entries that are checked without other processes: starting those costs more."""

Stretch = list[tuple[Seal, Sealed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to verify against."""

    keys: Keys
    anchors: Sequence[Signed] = ()
    erased_before_ns: int = 0
    """Seals from before this time may have been erased, rows and seed."""
    workers: int = 2
    most_entries: int = MOST_ENTRIES
    few: int = FEW


@dataclass(slots=True)
class Report:
    """What was found."""

    rows: int = 0
    """Rows whose leaves were computed."""
    seals: int = 0
    nodes: dict[str, Chain] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    """Findings that were not kept."""
    unsealed: int = 0
    """Rows after the last seal of their node."""
    erased: int = 0
    """Entries of seals that were erased in time."""
    absent: int = 0
    """Entries that were absent when they were sealed."""

    def add(self, found: Finding) -> None:
        """Keep a finding."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(found)
        else:
            self.more += 1

    def first(self) -> Finding | None:
        """The first bad place."""
        return min(self.findings, default=None)


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
    count = options.workers if total > options.few else 1
    most = min(max(options.most_entries, largest), max(total, 1))
    with workers(count, most) as pool:
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
        for stretch in _stretches(found, report, source, options, most):
            _stretch(source, report, pool, stretch, checked)
            progress(report.rows)
    _left_over(source, report, checked)


def _stretches(
    found: Chain, report: Report, source: Source, options: Options, most: int
) -> Iterator[Stretch]:
    """Runs of seals that are checked together; erased ones are dealt with."""
    run: Stretch = []
    for seal, sealed in found.seals:
        for each in check.seeds(seal, sealed):
            report.add(each)
        if not seal.count:
            continue
        usable = bool(sealed.seed) and len(bytes.fromhex(_hex(sealed.seed))) == 32
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
        else:
            _erased(source, report, options, seal, sealed)
    if run:
        yield run


def _stretch(
    source: Source,
    report: Report,
    pool: Workers,
    stretch: Stretch,
    checked: dict[tuple[str, str, int], int],
) -> None:
    first, last = stretch[0][0], stretch[-1][0]
    entries = last.last - first.first + 1
    pool.memory[: entries * (SIZE + 1)] = bytes(entries * (SIZE + 1))
    again: list[int] = []
    unreadable: list[int] = []
    before: dict[str, int] = {}
    for done in pool.map(entries, _tasks(source, stretch)):
        key = (done.table, first.node, first.epoch)
        checked[key] = checked.get(key, 0) + done.rows
        report.rows += done.rows
        again += done.again
        unreadable += done.unreadable
        _strays(report, first, done)
        if source.ordered:
            _order(report, first, done, before)
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


def _tasks(source: Source, stretch: Stretch) -> Iterator[Task]:
    first, last = stretch[0][0], stretch[-1][0]
    parts = tuple(
        Part(seal.first, seal.last, bytes.fromhex(sealed.seed))
        for seal, sealed in stretch
    )
    where = (first.node, first.epoch)
    for table in tables(first.columns):
        lines = source.lines(table, *where, first.first, last.last)
        for block in blocks(lines, BLOCK):
            yield Task(table, source.names(table), first.columns, block, where, parts)


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


def _order(report: Report, seal: Seal, done: Done, before: dict[str, int]) -> None:
    """Rows of an export rise; tasks may end in any order, so only within one and
    by their bounds."""
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
    before[done.table] = max(before.get(done.table, 0), done.last)


def _erased(
    source: Source, report: Report, options: Options, seal: Seal, sealed: Sealed
) -> None:
    """A seal whose seed is gone: its rows must be, too, and must have been due."""
    there = sum(
        source.count(table, seal.node, seal.epoch, seal.first, seal.last)
        for table in tables(seal.columns)
    )

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

    if there:
        wrong(Fault.SEED_CHANGED, f"{there} rows are there, and the seed is not")
    elif seal.sealed_at_ns >= options.erased_before_ns:
        wrong(Fault.MISSING, "rows and seed are gone before their time")
    else:
        report.erased += seal.count
    if sealed.leaves and check.root_of(sealed.leaves) != seal.root:
        wrong(Fault.SEAL_CHANGED, "the leaves that were kept are not the sealed ones")


def _left_over(
    source: Source, report: Report, checked: dict[tuple[str, str, int], int]
) -> None:
    """Rows that no seal covers."""
    for span in source.spans():
        found = report.nodes.get(span.node)
        last = found.last if found else None
        if last is None:
            report.add(
                Finding(
                    node=span.node,
                    epoch=span.epoch,
                    seq=span.first,
                    last=span.last,
                    fault=Fault.SEAL_MISSING,
                    text=f"{span.rows} rows of {span.table} and no seal of this node",
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


def _read_or_none(signed: Signed) -> Seal | None:
    from proxy.evidence.seal import SealRefused, read

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
