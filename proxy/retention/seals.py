"""What becomes of a seal whose rows are due: a new line of ``seal_seeds``.

The line is written before a row is erased, and the seed's line erased after the
last one: killed between the two, both are there, a verification reads them as one,
and the next run goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from proxy.evidence import merkle
from proxy.evidence.columns import tables
from proxy.evidence.kept import pack, unpack
from proxy.evidence.leaves import absent, salt
from proxy.evidence.seal import SEED_BYTES, Seal, Sealed, SealRefused, read
from proxy.retention import due as dues
from proxy.retention.due import Due, Stretch
from proxy.store.client import ClickHouseStore
from proxy.verification.rows import Part, make
from proxy.verification.store import StoreSource
from proxy.whole_lines import blocks

PAGE = 100
"""Seals looked at together: with kept leaves of 10,000 entries each 64 MB."""
TOGETHER = 200_000
"""Entries whose leaves are computed together: 20 MB."""

LINE = ("node", "number", "seed", "tags", "leaves", "salts", "erased_at")
Line = tuple[str, int, str, str, str, str, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with the seals of a page."""

    lines: list[Line]
    doubtful: list[Seal]
    """Their rows are not what was sealed: nothing of them is erased."""


def pages(
    store: ClickHouseStore, stretch: Stretch, table: Sequence[Due]
) -> Iterator[list[tuple[Seal, Sealed]]]:
    """The seals that lose rows, or whose seed is left over, in pages."""
    touched = [each for each in table if each.rows]
    bounds = {
        "node": stretch.node,
        "epoch": stretch.epoch,
        "lows": [each.first for each in touched],
        "highs": [each.last for each in touched],
        "over": min(each.horizon for each in table),
    }
    after = 0
    while True:
        rows = store.query(
            "SELECT s.number, s.body, s.signature, b.seed, b.leaves, b.salts "
            "FROM seals AS s INNER JOIN (SELECT number, max(seed) AS seed, "
            "argMax(leaves, erased_at) AS leaves, argMax(salts, erased_at) AS salts "
            "FROM seal_seeds WHERE node = {node:String} GROUP BY number "
            "HAVING seed != '' OR leaves != '') AS b ON s.number = b.number "
            "WHERE s.node = {node:String} AND s.epoch = {epoch:UInt64} "
            "AND s.number > {after:UInt64} "
            "AND (arrayExists((low, high) -> s.last >= low AND s.first <= high, "
            "{lows:Array(UInt64)}, {highs:Array(UInt64)}) "
            "OR b.seed != '' AND s.last <= {over:UInt64}) "
            "ORDER BY s.number LIMIT {limit:UInt64}",
            {**bounds, "after": after, "limit": PAGE},
        ).rows
        found = []
        for number, body, signature, seed, leaves, salts in rows:
            after = int(number)
            sealed = Sealed(
                body=body, signature=signature, seed=seed, leaves=leaves, salts=salts
            )
            try:
                found.append((read(body), sealed))
            except SealRefused:
                # Its rows belong to the seal before, as far as can be told.
                continue
        if found:
            yield found
        if len(rows) < PAGE:
            return


def judge(
    store: ClickHouseStore,
    page: Sequence[tuple[Seal, Sealed]],
    table: Sequence[Due],
    now_ns: int,
) -> Verdict:
    """The new lines of the seals of a page, and the seals that are in doubt."""
    filled = [each for each in page if each[0].count]
    firsts = [seal.first for seal, _ in filled]
    goes: dict[int, int] = {}
    stays: dict[int, int] = {}
    for each in table if filled else ():
        gone, left = dues.per_seal(store, each, firsts, filled[-1][0].last)
        for total, more in ((goes, gone), (stays, left)):
            for first, rows in more.items():
                total[first] = total.get(first, 0) + rows
    over = min(each.horizon for each in table)
    lines: list[Line] = []
    partly: list[tuple[Seal, Sealed]] = []
    for seal, sealed in page:
        if not seal.count or not stays.get(seal.first):
            if seal.last <= over:
                lines.append((seal.node, seal.number, "", "", "", "", now_ns))
        elif goes.get(seal.first):
            partly.append((seal, sealed))
    doubtful: list[Seal] = []
    for run in _together(partly):
        kept = {seq for each in table for seq in _staying(store, each, run)}
        for seal, sealed, leaves in _leaves(store, run):
            mine = {seq for seq in kept if seal.first <= seq <= seal.last}
            salts = _salts(seal, sealed, mine)
            if not leaves or len(salts) < len(mine):
                doubtful.append(seal)
                continue
            lines.append(
                (
                    seal.node,
                    seal.number,
                    "",
                    "",
                    leaves,
                    pack(salts, seal.first),
                    now_ns,
                )
            )
    return Verdict(lines, doubtful)


def _together(
    partly: Sequence[tuple[Seal, Sealed]],
) -> Iterator[list[tuple[Seal, Sealed]]]:
    run: list[tuple[Seal, Sealed]] = []
    for seal, sealed in partly:
        if run and (
            seal.columns != run[0][0].columns
            or seal.last - run[0][0].first >= TOGETHER
            or bool(sealed.leaves) != bool(run[0][1].leaves)
        ):
            yield run
            run = []
        run.append((seal, sealed))
    if run:
        yield run


def _staying(
    store: ClickHouseStore, table: Due, run: Sequence[tuple[Seal, Sealed]]
) -> set[int]:
    return dues.staying(store, table, run[0][0].first, run[-1][0].last)


def _leaves(
    store: ClickHouseStore, run: Sequence[tuple[Seal, Sealed]]
) -> Iterator[tuple[Seal, Sealed, str]]:
    """All leaves of each seal, hex; empty when they do not give its root."""
    if run[0][1].leaves:
        for seal, sealed in run:
            right = merkle.root(bytes.fromhex(sealed.leaves)).hex() == seal.root
            yield seal, sealed, sealed.leaves if right else ""
        return
    first = run[0][0]
    source = StoreSource(store)
    parts = tuple(Part(seal.first, seal.last, _seed(sealed)) for seal, sealed in run)
    found: dict[int, bytes] = {}
    twice: set[int] = set()
    for table in tables(first.columns):
        lines = source.lines(
            table, first.node, first.epoch, first.first, run[-1][0].last
        )
        for block in blocks(lines, 1 << 20):
            made = make(
                table,
                source.names(table),
                first.columns,
                block,
                (first.node, first.epoch),
                parts,
            )
            twice |= found.keys() & set(made.seqs)
            found.update(zip(made.seqs, made.leaves, strict=True))
    for seal, sealed in run:
        for begin, end in seal.absent:
            found.update((seq, absent(seq)) for seq in range(begin, end + 1))
        every = range(seal.first, seal.last + 1)
        leaves = b"".join(found.get(seq, b"") for seq in every)
        right = not twice.intersection(every) and merkle.root(leaves).hex() == seal.root
        yield seal, sealed, leaves.hex() if right else ""


def _seed(sealed: Sealed) -> bytes:
    try:
        seed = bytes.fromhex(sealed.seed)
    except ValueError:
        seed = b""
    return seed if len(seed) == SEED_BYTES else bytes(SEED_BYTES)


def _salts(seal: Seal, sealed: Sealed, stays: set[int]) -> Mapping[int, bytes]:
    if not sealed.seed:
        known = unpack(sealed.salts, seal.first)
        return {seq: known[seq] for seq in stays if seq in known}
    seed = _seed(sealed)
    return {seq: salt(seed, seq) for seq in stays}
