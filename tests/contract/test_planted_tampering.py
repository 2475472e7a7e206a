"""Whatever is done to stored rows and seals is found; nothing else is.

Each kind of tampering is planted in a copy of an export, and the gravest in the
rows of a real store.
"""

from __future__ import annotations

import contextlib
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from proxy.errors import UsageError
from proxy.events import encode
from proxy.evidence.chain import Keys
from proxy.evidence.columns import VERSION, tables
from proxy.evidence.findings import Fault
from proxy.evidence.seal import Sealed, Signed, read
from proxy.sealing.sealer import Limits
from proxy.store.client import ClickHouseStore, connect
from proxy.verification.export import ExportSource, sealed_stretches, write
from proxy.verification.report import Options, Report
from proxy.verification.rows import Part, make
from proxy.verification.run import verify
from proxy.verification.store import StoreSource
from tests.support.embedded import EmbeddedStore
from tests.support.rows import (
    ASKED,
    ENDED,
    EXCHANGE,
    GAP,
    HEARTBEAT,
    LEARNED,
    MADE,
    PAIRED,
    SEEN,
    SESSION,
    VIEW,
    view,
)
from tests.support.sealing import keys, sealing

EVENTS = [
    encode(event)
    for n in range(20)
    for event in (EXCHANGE, VIEW, SESSION, GAP, LEARNED, view(position=n))
]
EVENTS += [
    encode(event)
    for _ in range(4)
    for event in (ENDED, HEARTBEAT, PAIRED, MADE, SEEN, ASKED)
]
"""144 entries of every table, in seals of 50, 50, 44 and an empty one."""


@dataclass
class Evidence:
    """What was sealed and shipped, in a store and as an export."""

    store: ClickHouseStore
    export: Path
    epoch: int
    keys: Keys
    seals: list[Signed]


@contextmanager
def made(place: Path, store: ClickHouseStore) -> Iterator[Evidence]:
    """Evidence in a store of its own, and as an export."""
    with sealing(place, limits=Limits(entries=50)) as line:
        line.record(EVENTS)
        line.sealer.period()
        line.sealer.period()
        line.ship(store)
        source = StoreSource(store, in_order=True)
        write(place / "export", source, sealed_stretches(source))
        yield Evidence(
            store,
            place / "export",
            line.journal.epoch,
            keys(line.key),
            list(line.shelf.signed()),
        )
    store.close()


@pytest.fixture(scope="module")
def evidence(
    tmp_path_factory: pytest.TempPathFactory, embedded_store: EmbeddedStore
) -> Iterator[Evidence]:
    """Made once; tests tamper with a copy of its export."""
    place = tmp_path_factory.mktemp("evidence")
    with made(place, embedded_store.store()) as found:
        yield found


def checked(evidence: Evidence, export: Path | None = None, **more: Any) -> Report:
    """The report on a store, or on an export."""
    source = ExportSource(export) if export else StoreSource(evidence.store)
    return verify(source, Options(keys=evidence.keys, workers=1, **more))


def faults(report: Report) -> list[tuple[Fault, int, int]]:
    """What was found, where, in which seal."""
    return [(each.fault, each.seq, each.seal) for each in sorted(report.findings)]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("most", [1, 70, 1000])
def test_an_untouched_store_and_export_are_right(
    evidence: Evidence, workers: int, most: int
) -> None:
    """However it is cut up."""
    for source in (StoreSource(evidence.store), ExportSource(evidence.export)):
        options = Options(
            keys=evidence.keys,
            anchors=evidence.seals,
            workers=workers,
            most_entries=most,
            few=10,
        )

        report = verify(source, options)

        assert faults(report) == []
        assert (report.rows, report.seals, report.unsealed) == (len(EVENTS), 4, 0)


Change = Callable[[list[list[Any]]], None]


def edit(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Change the lines after the first."""
    head, *lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([head, *change(lines)]))


def plant(directory: Path, table: str, column: str, value: object, at: int = 5) -> int:
    """Change one value of one row; the row's number."""
    path = directory / f"{table}.jsonl"
    names = msgspec.json.decode(path.read_bytes().splitlines()[0])
    seq = 0

    def change(lines: list[bytes]) -> list[bytes]:
        nonlocal seq
        row = msgspec.json.decode(lines[at])
        seq = row[2]
        assert row[names.index(column)] != value
        row[names.index(column)] = value
        lines[at] = msgspec.json.encode(row) + b"\n"
        return lines

    edit(path, change)
    return seq


@pytest.fixture
def copied(evidence: Evidence, tmp_path: Path) -> Path:
    """An export to tamper with."""
    return Path(shutil.copytree(evidence.export, tmp_path / "copy"))


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("views", "actor", "pietersen"),
        ("views", "subject", "ff" * 16),
        ("views", "categories", []),
        ("views", "started_at", 1),
        ("exchanges", "context", [["term", "other", 3]]),
        ("exchanges", "status", 404),
        ("sessions", "kind", "logged_out"),
        ("gaps", "intended", 1),
        ("gaps", "down_bytes", 0),
        ("attributions", "actor_strength", "verified"),
    ],
)
def test_a_changed_value_is_found_at_its_row(
    evidence: Evidence, copied: Path, table: str, column: str, value: object
) -> None:
    """In any table and kind of column."""
    seq = plant(copied, table, column, value)

    report = checked(evidence, copied)

    assert faults(report) == [(Fault.CHANGED, seq, 1)]


def test_every_column_of_every_table_is_guarded(
    evidence: Evidence, copied: Path, tmp_path: Path
) -> None:
    """One after the other."""
    for path in sorted(evidence.export.glob("*.jsonl")):
        if path.stem == "seals":
            continue
        names = msgspec.json.decode(path.read_bytes().splitlines()[0])
        row = msgspec.json.decode(path.read_bytes().splitlines()[4])
        for column, value in zip(names, row, strict=True):
            other: object = value + 1 if isinstance(value, int) else f"{value}0"
            if isinstance(value, list):
                other = [*value, "x"] if path.stem == "views" else []
            (copied / path.name).write_bytes(path.read_bytes())
            plant(copied, path.stem, column, other, at=3)

            assert checked(evidence, copied).findings, f"{path.stem}.{column}"
        (copied / path.name).write_bytes(path.read_bytes())
    assert faults(checked(evidence, copied)) == []


def test_a_missing_row_is_found(evidence: Evidence, copied: Path) -> None:
    """And only that one."""
    gone = msgspec.json.decode((copied / "views.jsonl").read_bytes().splitlines()[8])
    edit(copied / "views.jsonl", lambda lines: lines[:7] + lines[8:])

    assert faults(checked(evidence, copied)) == [(Fault.MISSING, gone[2], 1)]


def test_a_whole_table_that_is_gone_is_found(evidence: Evidence, copied: Path) -> None:
    """Every row of it."""
    (copied / "gaps.jsonl").unlink()

    report = checked(evidence, copied)

    assert len(report.findings) == 20
    assert {each.fault for each in report.findings} == {Fault.MISSING}


def test_a_row_twice_is_found(evidence: Evidence, copied: Path) -> None:
    """Beside its double, or at the end."""
    edit(copied / "views.jsonl", lambda lines: [*lines[:3], lines[2], *lines[3:]])

    found = {fault for fault, _, _ in faults(checked(evidence, copied))}

    assert Fault.ADDED in found


@pytest.mark.parametrize("seq", [0, 50, 10**6])
def test_a_row_that_was_made_up_is_found(
    evidence: Evidence, copied: Path, seq: int
) -> None:
    """Before, among, or after the sealed ones; the last counts as unsealed."""
    row = msgspec.json.decode((copied / "views.jsonl").read_bytes().splitlines()[-1])
    row[2] = seq
    line = msgspec.json.encode(row) + b"\n"

    def change(lines: list[bytes]) -> list[bytes]:
        rows = sorted([*lines, line], key=lambda each: msgspec.json.decode(each)[2])
        return [bytes(each) for each in rows]

    edit(copied / "views.jsonl", change)
    report = checked(evidence, copied)

    if seq == 10**6:
        assert (faults(report), report.unsealed) == ([], 1)
    else:
        assert Fault.ADDED in {each.fault for each in report.findings}


def test_rows_that_changed_places_are_found(evidence: Evidence, copied: Path) -> None:
    """Side by side, and from one end to the other."""
    edit(
        copied / "views.jsonl",
        lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]],
    )
    near = checked(evidence, copied)
    apart = checked(evidence, copied, block=1)
    edit(copied / "views.jsonl", lambda lines: [*lines[1:], lines[0]])
    far = checked(evidence, copied)

    assert Fault.REORDERED in {each.fault for each in near.findings}
    assert Fault.REORDERED in {each.fault for each in apart.findings}
    assert far.findings


def test_rows_with_their_numbers_exchanged_are_found(
    evidence: Evidence, copied: Path
) -> None:
    """What happened first is part of the evidence."""

    def change(lines: list[bytes]) -> list[bytes]:
        one, two = (msgspec.json.decode(lines[n]) for n in (3, 4))
        one[2], two[2] = two[2], one[2]
        lines[3:5] = [msgspec.json.encode(each) + b"\n" for each in (two, one)]
        return lines

    edit(copied / "views.jsonl", change)

    assert {fault for fault, _, _ in faults(checked(evidence, copied))} == {
        Fault.CHANGED
    }


def test_what_is_no_row_is_found(evidence: Evidence, copied: Path) -> None:
    """A line of rubbish, a value of a wrong type, half a line."""
    whole = (copied / "gaps.jsonl").read_bytes()
    for rubbish in (b"rubbish\n", b"[]\n", b'["node"]\n'):
        head, one, two, *rest = whole.splitlines(keepends=True)
        assert two
        (copied / "gaps.jsonl").write_bytes(b"".join([head, one, rubbish, *rest]))

        assert checked(evidence, copied).findings, rubbish
    plant(copied, "views", "position", -1)
    assert Fault.UNREADABLE in {f.fault for f in checked(evidence, copied).findings}


@pytest.mark.parametrize("table", ["views", "exchanges", "gaps"])
def test_any_byte_of_a_row_that_is_changed_is_found(
    evidence: Evidence, copied: Path, table: str
) -> None:
    """By chance, all over the file; never an error of our own."""
    chance = random.Random(table)
    whole = (evidence.export / f"{table}.jsonl").read_bytes()
    begin = whole.index(b"\n") + 1

    for _ in range(60):
        at = chance.randrange(begin, len(whole))
        other = chance.choice([n for n in range(256) if n != whole[at]])
        changed = whole[:at] + bytes([other]) + whole[at + 1 :]
        (copied / f"{table}.jsonl").write_bytes(changed)

        report = checked(evidence, copied)

        assert report.findings, (at, whole[at - 5 : at + 5], other)


def test_seals_of_rubbish_are_told(evidence: Evidence, copied: Path) -> None:
    """Findings, or that it is no export; nothing else is raised."""
    chance = random.Random(7)
    whole = (evidence.export / "seals.jsonl").read_bytes()

    for _ in range(60):
        at = chance.randrange(len(whole))
        changed = whole[:at] + bytes([chance.randrange(256)]) + whole[at + 1 :]
        (copied / "seals.jsonl").write_bytes(changed)

        with contextlib.suppress(UsageError):
            checked(evidence, copied)


def edit_seals(directory: Path, change: Callable[[list[Sealed]], list[Sealed]]) -> None:
    """Change the seals of an export."""
    path = directory / "seals.jsonl"
    kept = [
        msgspec.json.decode(line, type=Sealed)
        for line in path.read_bytes().splitlines()
    ]
    path.write_bytes(
        b"".join(msgspec.json.encode(each) + b"\n" for each in change(kept))
    )


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_missing_seal_is_found(evidence: Evidence, copied: Path, number: int) -> None:
    """Its rows, too, are covered by none."""
    edit_seals(copied, lambda kept: kept[: number - 1] + kept[number:])

    assert (Fault.SEAL_MISSING, 0, number) in faults(checked(evidence, copied))


def test_a_seal_with_another_text_is_found(evidence: Evidence, copied: Path) -> None:
    """Whatever was changed in it."""

    def change(kept: list[Sealed]) -> list[Sealed]:
        body = kept[1].body.replace('"last":100', '"last":99')
        assert body != kept[1].body
        return [kept[0], msgspec.structs.replace(kept[1], body=body), *kept[2:]]

    edit_seals(copied, change)

    assert (Fault.SEAL_CHANGED, 0, 2) in faults(checked(evidence, copied))


@pytest.mark.parametrize("secret", [{"seed": "00" * 32}, {"tags": "00" * 100}])
def test_what_is_beside_a_seal_and_changed_is_found(
    evidence: Evidence, copied: Path, secret: dict[str, str]
) -> None:
    """The seal commits to both."""
    edit_seals(
        copied, lambda kept: [msgspec.structs.replace(kept[0], **secret), *kept[1:]]
    )

    assert Fault.SEED_CHANGED in {f.fault for f in checked(evidence, copied).findings}


def test_a_cut_tail_is_found_with_an_anchor(evidence: Evidence, copied: Path) -> None:
    """Rows and seals cut off together leave no other trace."""
    edit_seals(copied, lambda kept: kept[:2])
    for path in copied.glob("*.jsonl"):
        if path.stem != "seals":
            edit(
                path,
                lambda lines: [
                    each for each in lines if msgspec.json.decode(each)[2] <= 100
                ],
            )

    without = checked(evidence, copied)
    with_anchor = checked(evidence, copied, anchors=evidence.seals[2:3])

    assert faults(without) == []
    assert faults(with_anchor) == [(Fault.TAIL_CUT, 0, 3)]


def test_everything_gone_is_found_with_an_anchor(
    evidence: Evidence, copied: Path
) -> None:
    """A node without any seal is known by its anchors."""
    edit_seals(copied, lambda _: [])
    for path in copied.glob("*.jsonl"):
        if path.stem != "seals":
            edit(path, lambda _: [])

    (finding,) = checked(evidence, copied, anchors=evidence.seals[-1:]).findings

    assert (finding.fault, finding.node) == (Fault.TAIL_CUT, "node")


def test_rows_without_any_seal_are_found(evidence: Evidence, copied: Path) -> None:
    """Nobody says that they are right."""
    edit_seals(copied, lambda _: [])

    assert {f.fault for f in checked(evidence, copied).findings} == {Fault.SEAL_MISSING}


def test_rows_erased_in_time_leave_the_rest_provable(
    evidence: Evidence, copied: Path
) -> None:
    """Rows and seed of whole seals; before their time it is a finding."""

    def change(kept: list[Sealed]) -> list[Sealed]:
        return [msgspec.structs.replace(kept[0], seed="", tags=""), *kept[1:]]

    edit_seals(copied, change)
    for path in copied.glob("*.jsonl"):
        if path.stem != "seals":
            edit(
                path,
                lambda lines: [
                    each for each in lines if msgspec.json.decode(each)[2] > 50
                ],
            )
    sealed_at = read(evidence.seals[0].body).sealed_at_ns

    due = checked(evidence, copied, erased_before_ns=sealed_at + 1)
    early = checked(evidence, copied, erased_before_ns=sealed_at)

    assert (faults(due), due.erased, due.rows) == ([], 50, len(EVENTS) - 50)
    assert faults(early) == [(Fault.MISSING, 1, 1)]


def test_leaves_kept_under_a_legal_hold_are_checked(
    evidence: Evidence, copied: Path
) -> None:
    """The tree stays verifiable when its rows are gone; other leaves are found."""
    kept = next(iter(StoreSource(evidence.store).seals("node")))
    part = Part(1, 50, bytes.fromhex(kept.seed))
    source = StoreSource(evidence.store)
    found: dict[int, bytes] = {}
    for table in tables():
        data = b"".join(source.lines(table, "node", evidence.epoch, 1, 50))
        where = ("node", evidence.epoch)
        names = source.names(table)
        made = make(table, names, VERSION, data, where, (part,))
        found.update(zip(made.seqs, made.leaves, strict=True))
    leaves = b"".join(found[seq] for seq in range(1, 51))

    for changed, expected in ((leaves, []), (leaves[::-1], [Fault.SEAL_CHANGED])):
        held = msgspec.structs.replace(kept, seed="", tags="", leaves=changed.hex())
        edit_seals(copied, lambda seals, held=held: [held, *seals[1:]])  # type: ignore[misc]
        for path in copied.glob("*.jsonl"):
            if path.stem != "seals":
                edit(
                    path,
                    lambda lines: [
                        each for each in lines if msgspec.json.decode(each)[2] > 50
                    ],
                )

        report = checked(evidence, copied, erased_before_ns=2**63)

        assert [each.fault for each in report.findings] == expected


def test_a_reader_of_the_store_can_verify(
    evidence: Evidence, embedded_store: EmbeddedStore
) -> None:
    """An auditor needs no right to write."""
    settings = embedded_store.settings(evidence.store.settings.database, reads=True)
    store = connect(settings)

    report = verify(StoreSource(store), Options(keys=evidence.keys))

    assert (faults(report), report.rows) == ([], len(EVENTS))
    store.close()


@pytest.mark.parametrize(
    ("doing", "expected"),
    [
        (
            "ALTER TABLE views UPDATE actor_reason = 'x' WHERE seq = 8",
            (Fault.CHANGED, 8, 1),
        ),
        ("ALTER TABLE gaps DELETE WHERE seq = 64", (Fault.MISSING, 64, 2)),
        (
            "ALTER TABLE gaps UPDATE node = 'other' WHERE seq = 64",
            (Fault.MISSING, 64, 2),
        ),
        (
            "ALTER TABLE gaps UPDATE node = 'other' WHERE seq = 64",
            (Fault.SEAL_MISSING, 64, 0),
        ),
        ("ALTER TABLE seals DELETE WHERE number = 2", (Fault.SEAL_MISSING, 0, 2)),
        ("ALTER TABLE seal_seeds DELETE WHERE number = 2", (Fault.SEED_CHANGED, 51, 2)),
        (
            "INSERT INTO gaps SELECT * REPLACE(toUInt64(0) AS seq) FROM gaps LIMIT 1",
            (Fault.ADDED, 0, 0),
        ),
        ("INSERT INTO gaps SELECT * FROM gaps WHERE seq = 64", (Fault.ADDED, 64, 2)),
        ("TRUNCATE TABLE seals", (Fault.SEAL_MISSING, 1, 0)),
    ],
)
def test_what_was_done_in_a_store_is_found(
    tmp_path: Path,
    embedded_store: EmbeddedStore,
    doing: str,
    expected: tuple[Fault, int, int],
) -> None:
    """By somebody who may write there."""
    with made(tmp_path, embedded_store.store()) as evidence:
        assert faults(checked(evidence)) == []
        settings = " SETTINGS mutations_sync = 1" if doing.startswith("ALTER") else ""
        evidence.store.command(doing + settings)

        found = faults(checked(evidence))

        assert expected in found


def test_a_store_without_any_seal_yet_is_neither_changed_nor_unchanged(
    tmp_path: Path, embedded_store: EmbeddedStore
) -> None:
    """Its rows are counted. Seeds without seals, or an anchor, tell seals that were
    removed from seals that have not come yet."""
    with made(tmp_path, embedded_store.store()) as evidence:
        evidence.store.command("TRUNCATE TABLE seals")
        removed = checked(evidence)
        evidence.store.command("TRUNCATE TABLE seal_seeds")
        young = checked(evidence)
        anchored = checked(evidence, anchors=evidence.seals[:1])

    assert (removed.nothing_sealed, bool(removed.findings)) == (False, True)
    assert (young.nothing_sealed, young.findings) == (True, [])
    assert (young.unsealed, young.rows) == (len(EVENTS), 0)
    assert not anchored.nothing_sealed
    assert Fault.TAIL_CUT in {each.fault for each in anchored.findings}
