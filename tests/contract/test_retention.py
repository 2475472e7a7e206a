"""At the end of its time a row is gone, and what stays is still proven.

Real rows, real seals and a real store; only the time is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from proxy.errors import UsageError
from proxy.events import encode
from proxy.evidence.findings import Fault
from proxy.evidence.proof import follow
from proxy.evidence.seal import read
from proxy.retention import holds
from proxy.retention.policy import DAY, DEFAULTS, FOR_GOOD, PERIODS, PLAIN, Retention
from proxy.retention.run import Outcome, retain
from proxy.sealing.sealer import Limits
from proxy.store.client import ClickHouseStore
from proxy.verification.export import ExportSource, sealed_stretches, write
from proxy.verification.proving import NotProvable, prove
from proxy.verification.report import Options, Report
from proxy.verification.run import verify
from proxy.verification.store import StoreSource
from tests.support.embedded import EmbeddedStore
from tests.support.rows import (
    ENDED,
    EXCHANGE,
    GAP,
    HEARTBEAT,
    LEARNED,
    MADE,
    NOON_NS,
    PAIRED,
    SESSION,
    exchange,
    view,
)
from tests.support.sealing import Sealing, sealing

CLIENT = bytes([7]) * 16
OTHER = bytes([9]) * 16
SHORT = 10 * DAY
LONG = 20 * DAY
RETENTION = Retention(
    seconds={
        name: LONG
        if name in {"sessions", "attributions", "gaps", "crosswalk"}
        else SHORT
        for name in DEFAULTS
    }
)
NOON = datetime.fromtimestamp(NOON_NS // 10**9, UTC)
EVENTS = [
    encode(event)
    for n in range(20)
    for event in (
        exchange(request_offset=n),
        view(wire=5, request_offset=n, subject=CLIENT if n % 5 == 0 else OTHER),
        SESSION,
        GAP,
        LEARNED,
        PAIRED,
    )
] + [encode(event) for event in (ENDED, HEARTBEAT, MADE)]
"""123 entries in seals of 50, 50, 23 and an empty one."""
SHORT_LIVED = 43
"""Exchanges, views, and one of each of the last three."""


@dataclass
class Kept:
    """A store with sealed rows, and what verifies it."""

    store: ClickHouseStore
    line: Sealing
    last_sealed: datetime

    def after(self, days: float) -> datetime:
        """So long after the last seal."""
        return self.last_sealed + timedelta(days=days)

    def retain(self, days: float, *, dry: bool = False) -> Outcome:
        """A run so long after the last seal."""
        return retain(self.store, RETENTION, self.after(days), dry=dry)

    def verify(self, days: float) -> Report:
        """By an auditor who knows the shortest period."""
        before = self.after(days).timestamp() - RETENTION.shortest
        return verify(StoreSource(self.store, floors=True), self.options(before))

    def options(self, before: float) -> Options:
        """What to verify against."""
        from tests.support.sealing import keys

        return Options(
            keys=keys(self.line.key), workers=1, erased_before_ns=round(before * 1e9)
        )

    def count(self, table: str) -> int:
        """Rows that a question can see."""
        found = self.store.query(
            "SELECT count() FROM {table:Identifier}", {"table": table}
        )
        return int(found.rows[0][0])


@pytest.fixture
def kept(tmp_path: Path, embedded_store: EmbeddedStore) -> Iterator[Kept]:
    """Rows of every table, sealed and shipped."""
    store = embedded_store.store()
    with sealing(tmp_path, limits=Limits(entries=50)) as line:
        line.record(EVENTS)
        line.sealer.period()
        line.sealer.period()
        line.ship(store)
        (*_, last) = line.shelf.signed()
        sealed_at = read(last.body).sealed_at_ns
        yield Kept(store, line, datetime.fromtimestamp(sealed_at / 1e9, UTC))
    store.close()


def hold(kept: Kept, **what: object) -> holds.Hold:
    """A hold on the client around the time of the rows."""
    given = {
        "subjects": [CLIENT],
        "employee": "",
        "from_at": NOON - timedelta(days=1),
        "to_at": NOON + timedelta(days=1),
        "said_by": "officer",
        "reason": "case 7",
        "now": datetime.now(UTC),
        **what,
    }
    return holds.place(kept.store, **given)  # type: ignore[arg-type]


def test_nothing_goes_before_its_time(kept: Kept) -> None:
    """Not a row, not a seed."""
    outcome = kept.retain(9)

    assert (outcome.rows, outcome.left, outcome.doubtful) == (0, 0, [])
    report = kept.verify(9)
    assert (report.findings, report.rows, report.erased) == ([], len(EVENTS), 0)


def test_tables_end_one_after_the_other_and_the_rest_stays_proven(kept: Kept) -> None:
    """First views and exchanges; sessions outlive them; then nothing is left."""
    outcome = kept.retain(11)

    assert (outcome.rows, outcome.left, outcome.doubtful) == (SHORT_LIVED, 0, [])
    assert (kept.count("views"), kept.count("exchanges")) == (0, 0)
    assert kept.count("sessions") == 20
    report = kept.verify(11)
    assert report.findings == []
    assert (report.rows, report.erased) == (len(EVENTS) - SHORT_LIVED, SHORT_LIVED)
    assert report.erased_runs == [("node", 1, 3)]
    seeds = kept.store.query("SELECT number FROM seal_seeds WHERE seed != ''")
    assert seeds.rows == [(4,)], "an empty seal's seed opens nothing"

    outcome = kept.retain(21)

    assert (outcome.rows, outcome.left) == (len(EVENTS) - SHORT_LIVED, 0)
    assert all(kept.count(table) == 0 for table in PERIODS)
    report = kept.verify(21)
    assert (report.findings, report.rows) == ([], 0)
    assert report.erased == len(EVENTS)
    beside = kept.store.query("SELECT count(), max(leaves), max(salts) FROM seal_seeds")
    assert beside.rows == [(4, "", "")]


def test_what_stays_can_be_proven_row_by_row_and_exported(
    kept: Kept, tmp_path: Path
) -> None:
    """A proof made after the erasure shows no other row either."""
    kept.retain(11)
    source = StoreSource(kept.store, in_order=True)
    seq = int(kept.store.query("SELECT min(seq) FROM sessions").rows[0][0])

    proof = prove(source, "node", kept.line.journal.epoch, seq)

    options = kept.options(kept.after(11).timestamp() - SHORT)
    assert follow(proof, options.keys).number == 1
    with pytest.raises(NotProvable):
        prove(source, "node", kept.line.journal.epoch, 1)
    write(tmp_path / "export", source, sealed_stretches(source))
    report = verify(ExportSource(tmp_path / "export"), options)
    assert (report.findings, report.erased) == ([], SHORT_LIVED)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("ALTER TABLE sessions DELETE WHERE seq = 3", Fault.MISSING),
        ("ALTER TABLE sessions UPDATE reason = 'x' WHERE seq = 3", Fault.CHANGED),
        (
            (
                "INSERT INTO views (node, epoch, seq, started_at) "
                "SELECT node, epoch, 2, at FROM sessions WHERE seq = 3"
            ),
            Fault.ADDED,
        ),
        (
            "ALTER TABLE seal_seeds UPDATE leaves = reverse(leaves) WHERE number = 1",
            Fault.SEAL_CHANGED,
        ),
    ],
)
def test_tampering_with_what_stays_is_found(
    kept: Kept, statement: str, fault: Fault
) -> None:
    """Kept leaves guard the rows beside them as the seed did."""
    kept.retain(11)

    kept.store.command(statement, settings={"mutations_sync": 2})

    assert fault in {each.fault for each in kept.verify(11).findings}


def test_rows_erased_before_their_time_are_found(kept: Kept) -> None:
    """An auditor who knows the periods is not told otherwise by the store."""
    kept.retain(11)

    report = kept.verify(9)

    assert {each.fault for each in report.findings} == {Fault.MISSING}


def test_held_rows_outlive_their_time_with_what_they_rest_on(kept: Kept) -> None:
    """The client's views, their exchanges, sessions, names and pairs."""
    held = hold(kept)

    outcome = kept.retain(21)

    assert (outcome.holds, outcome.left, outcome.doubtful) == (1, 0, [])
    assert kept.store.query("SELECT DISTINCT subject FROM views").rows == [(CLIENT,)]
    assert (kept.count("views"), kept.count("exchanges")) == (4, 4)
    assert kept.count("sessions") == kept.count("attributions") == 20
    assert kept.count("gaps") == 20
    assert kept.count("crosswalk") == 0
    report = kept.verify(21)
    assert report.findings == []
    assert report.rows == 4 + 4 + 20 + 20 + 20 + 2, "and heartbeat and capture"

    holds.release(
        kept.store, held.id, said_by="officer", reason="over", now=datetime.now(UTC)
    )
    outcome = kept.retain(21.5)

    assert (outcome.holds, outcome.left) == (0, 0)
    assert all(kept.count(table) == 0 for table in PERIODS)
    assert (kept.verify(21.5).findings, kept.verify(21.5).erased) == ([], len(EVENTS))


def test_a_released_row_is_in_no_part_of_the_engine(
    kept: Kept, embedded_store: EmbeddedStore
) -> None:
    """Rewritten, not hidden: no active part has a row, old parts are dropped."""
    for table in ("views", "exchanges"):
        kept.store.command(f"ALTER TABLE {table} MODIFY SETTING old_parts_lifetime = 0")
    held = hold(kept)
    kept.retain(21)
    holds.release(kept.store, held.id, said_by="o", reason="over", now=kept.after(21))

    kept.retain(21.5)

    parts = kept.store.query(
        "SELECT sum(rows) FROM system.parts WHERE active AND database = {d:String} "
        "AND table IN ('views', 'exchanges')",
        {"d": kept.store.settings.database},
    )
    hidden = kept.store.query(
        "SELECT count() FROM system.parts WHERE has_lightweight_delete "
        "AND database = {d:String}",
        {"d": kept.store.settings.database},
    )
    assert (int(parts.rows[0][0]), int(hidden.rows[0][0])) == (0, 0)


@pytest.mark.parametrize("name", ["jansen", "o'\"brien\\", "late"])
def test_a_hold_on_an_account_keeps_all_it_did(kept: Kept, name: str) -> None:
    """By the name that was recorded, and by one that was learned later."""
    hold(kept, subjects=[], employee=name)

    kept.retain(21)

    assert kept.count("views") == (20 if name == "jansen" else 0)
    assert kept.verify(21).findings == []


def test_a_hold_outside_its_period_keeps_nothing(kept: Kept) -> None:
    """The end is not included."""
    hold(kept, from_at=NOON - timedelta(days=3), to_at=NOON - timedelta(days=2))

    kept.retain(21)

    assert kept.count("views") == 0


def test_a_dry_run_erases_nothing(kept: Kept) -> None:
    """It tells the numbers of the run that would."""
    outcome = kept.retain(21, dry=True)

    assert outcome.rows == len(EVENTS)
    assert kept.count("views") == 20
    assert kept.verify(21).findings == []


def test_rows_of_a_seal_that_does_not_verify_are_kept_and_told(kept: Kept) -> None:
    """They are evidence of tampering; the other seals go on."""
    kept.store.command(
        "ALTER TABLE sessions UPDATE reason = 'x' WHERE seq = 3",
        settings={"mutations_sync": 2},
    )

    outcome = kept.retain(11)

    assert outcome.doubtful == ["node seal 1"]
    assert kept.store.query("SELECT max(seq) FROM views").rows[0][0] <= 50
    assert [each.fault for each in kept.verify(11).findings] == [Fault.CHANGED]


def test_a_run_that_was_killed_is_ended_by_the_next(kept: Kept) -> None:
    """After the new lines of the seals, before a row was erased."""
    from proxy.clock import nanoseconds
    from proxy.retention import due, seals
    from proxy.retention.due import Stretch

    stretch = Stretch("node", kept.line.journal.epoch, sealed=True)
    cutoff = nanoseconds(kept.after(11)) - round(SHORT * 1e9)
    later = nanoseconds(kept.after(11)) - round(LONG * 1e9)
    table = [
        due.counted(
            kept.store,
            due.due(
                kept.store,
                stretch,
                name,
                cutoff if RETENTION.seconds[name] == SHORT else later,
                "run",
            ),
        )
        for name in PERIODS
    ]
    (page,) = seals.pages(kept.store, stretch, table)
    lines = seals.judge(kept.store, page, table, nanoseconds(kept.after(11))).lines
    kept.store.insert("seal_seeds", seals.LINE, lines, token="t")

    between = kept.verify(11)
    outcome = kept.retain(11)

    assert (between.findings, between.unfinished) == ([], 3)
    assert (outcome.rows, outcome.doubtful) == (SHORT_LIVED, [])
    after = kept.verify(11)
    assert (after.findings, after.unfinished, after.erased) == ([], 0, SHORT_LIVED)


def test_a_node_that_seals_nothing_loses_rows_by_their_own_time(
    embedded_store: EmbeddedStore,
) -> None:
    """The column of time decides then."""
    from proxy.store.tables import EXCHANGES

    store = embedded_store.store()
    rows = [EXCHANGES.row(EXCHANGE, "node", 1, 1)]
    late = exchange(started_ns=NOON_NS + round(5 * DAY * 1e9))
    rows.append(EXCHANGES.row(late, "node", 1, 2))
    store.insert("exchanges", EXCHANGES.columns, rows, "t")

    outcome = retain(store, RETENTION, NOON + timedelta(days=11))

    assert (outcome.rows, outcome.left) == (1, 0)
    assert store.query("SELECT seq FROM exchanges").rows == [(2,)]
    store.close()


def test_every_table_has_a_period_or_a_reason_to_stay(
    embedded_store: EmbeddedStore,
) -> None:
    """A table that nobody thought of would be kept for ever."""
    store = embedded_store.store()

    tables = store.query(
        "SELECT name FROM system.tables WHERE database = {d:String} "
        "AND engine NOT LIKE '%View'",
        {"d": store.settings.database},
    )

    assert {row[0] for row in tables.rows} == {*PERIODS, *PLAIN, *FOR_GOOD}
    assert all(each.reason for each in PERIODS.values())
    assert all(each.reason for each in PLAIN.values())
    assert PERIODS["sessions"].seconds > PERIODS["views"].seconds
    store.close()


def test_holds_are_only_appended_and_bounded(kept: Kept) -> None:
    """Who, when and why stay, also of a released one."""
    first = hold(kept, reason="quote ' and \n line")

    assert [each.id for each in holds.in_force(kept.store)] == [first.id]
    assert holds.in_force(kept.store)[0].reason == "quote ' and \n line"
    holds.release(kept.store, first.id, said_by="p", reason="over", now=kept.after(1))
    assert holds.in_force(kept.store) == []
    assert kept.count("holds") == 2
    with pytest.raises(UsageError, match="no hold"):
        holds.release(kept.store, first.id, said_by="p", reason="x", now=kept.after(1))
    with pytest.raises(UsageError, match="client or an employee"):
        hold(kept, subjects=[])
    with pytest.raises(UsageError, match="reason"):
        hold(kept, reason=" ")


def test_context_ends_with_its_period_and_does_not_come_back(
    embedded_store: EmbeddedStore,
) -> None:
    """A row that shortened another one's period goes with it, not before it."""
    store = embedded_store.store()
    zeros = [bytes([n]) * 16 for n in range(3)]
    store.insert(
        "context_loads",
        ("load", "kind", "source", "lines", "loaded_by", "loaded_at"),
        [
            (zeros[n], "caseload", "f.csv", 1, "me", NOON - timedelta(days=30 - n))
            for n in range(3)
        ],
        "loads",
    )
    names = (
        "load",
        "line",
        "employee",
        "subject",
        "subject_key",
        "valid_from",
        "valid_to",
    )
    forever, day = date(2149, 6, 6), NOON.date()
    rows = [
        (zeros[0], 1, "shortened", CLIENT, 1, date(2020, 1, 1), forever),
        (zeros[1], 1, "shortened", CLIENT, 1, date(2020, 1, 1), date(2020, 2, 1)),
        (zeros[0], 2, "current", CLIENT, 1, date(2020, 1, 1), forever),
        (zeros[0], 3, "recent", CLIENT, 1, date(2020, 1, 1), day - timedelta(days=5)),
        (zeros[0], 4, "back", CLIENT, 1, date(2020, 1, 1), forever),
        (zeros[2], 4, "back", CLIENT, 1, date(2020, 1, 1), date(2020, 1, 1)),
    ]
    store.insert("caseload", names, rows, "rows")
    valid = "SELECT employee FROM caseload_periods ORDER BY employee"
    before = store.query(valid).rows

    retain(store, RETENTION, NOON - timedelta(days=18.5))
    between = store.query("SELECT employee FROM caseload ORDER BY employee").rows
    shown = store.query(valid).rows
    retain(store, RETENTION, NOON)

    assert before == [("current",), ("recent",), ("shortened",)]
    assert between == [("back",), ("current",), ("recent",)]
    assert ("back",) not in shown
    assert store.query(valid).rows == [("current",), ("recent",)]
    assert store.query("SELECT count() FROM caseload").rows == [(2,)]
    store.close()


def test_findings_end_with_their_reviews_unless_a_hold_is_older(
    embedded_store: EmbeddedStore,
) -> None:
    """A hold keeps what was found from its start on."""
    store = embedded_store.store()
    store.insert("findings", ("id", "at"), [("a", NOON), ("b", NOON)], "f")
    store.insert("reviews", ("finding", "at"), [("a", NOON)], "r")
    held = holds.place(
        store,
        subjects=[CLIENT],
        employee="",
        from_at=NOON - timedelta(days=1),
        to_at=NOON,
        said_by="officer",
        reason="case",
        now=NOON,
    )

    kept_by_hold = retain(store, RETENTION, NOON + timedelta(days=11)).rows
    holds.release(store, held.id, said_by="officer", reason="over", now=NOON)
    erased = retain(store, RETENTION, NOON + timedelta(days=11))

    assert kept_by_hold == 0
    assert [(each.table, each.rows) for each in erased.erased] == [
        ("findings", 2),
        ("reviews", 1),
    ]
    store.close()
