"""Journal to store, exactly once, through whatever happens."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.journal import Batch, JournalReader
from proxy.journal.cursor import CURSOR, Cursor, save
from proxy.shipper import Outcome, ShipperBusy
from tests.support.shipping import Line, mixed
from tests.support.stores import Crash, Fault
from tests.support.waiting import until


def test_every_entry_becomes_one_row_of_its_table(tmp_path: Path) -> None:
    """In batches, in order, with node, epoch and sequence in front."""
    line = Line(tmp_path)
    epoch = line.record(mixed(95))

    results = line.ship_all(line.shipper())

    line.assert_exactly_once(95)
    assert set(line.store.rows) == {"exchanges", "views", "sessions", "gaps"}
    assert {("node", epoch)} == {
        row[:2] for rows in line.store.rows.values() for row in rows
    }
    assert sum(result.rows for result in results) == 95
    assert (line.cursor.shipped, line.cursor.batch) == (95, None)


def test_nothing_is_sent_before_the_journal_exists(tmp_path: Path) -> None:
    """The shipper may be started first."""
    line = Line(tmp_path)

    assert line.shipper().step().outcome is Outcome.IDLE
    assert not (tmp_path / CURSOR).exists()


def test_entries_wait_for_others_but_not_for_long(tmp_path: Path) -> None:
    """A batch goes when it is full or the one before is long enough ago."""
    line = Line(tmp_path)
    shipper = line.shipper()
    line.record(mixed(5))

    assert shipper.step().outcome is Outcome.WAITING
    line.clock.advance(0.3)
    assert shipper.step().outcome is Outcome.SHIPPED

    line.record(mixed(20))
    assert shipper.step().outcome is Outcome.SHIPPED
    line.record(mixed(1))
    assert shipper.step().outcome is Outcome.WAITING


def test_the_first_entry_after_a_pause_does_not_wait(tmp_path: Path) -> None:
    """At night, one view is in the store at once."""
    line = Line(tmp_path)
    shipper = line.shipper()
    line.clock.advance(5)

    line.record(mixed(1))

    assert shipper.step().outcome is Outcome.SHIPPED


@pytest.mark.parametrize("fault", [f for f in Fault if f.value.endswith("unsure")])
@pytest.mark.parametrize("turn", range(8))
def test_an_answer_that_did_not_come_duplicates_and_loses_nothing(
    tmp_path: Path, fault: Fault, turn: int
) -> None:
    """Stored or not, at any insert."""
    line = Line(tmp_path)
    line.record(mixed(50))
    line.store.faults.extend([Fault.NONE] * turn + [fault])
    shipper = line.shipper()

    results = line.ship_all(shipper)

    assert Outcome.FAILED in {result.outcome for result in results}
    line.assert_exactly_once(50)


@pytest.mark.parametrize("fault", [Fault.LATE, Fault.HALF])
def test_an_insert_that_ends_late_or_halfway_is_completed_under_its_token(
    tmp_path: Path, fault: Fault
) -> None:
    """The count says too few, the token says which."""
    line = Line(tmp_path)
    line.record(mixed(50))
    line.store.faults.extend([Fault.NONE, fault, Fault.NONE, Fault.NONE, fault])
    # A cursor of its own: without one everything would be looked at piecewise.
    save(tmp_path / CURSOR, Cursor(epoch=JournalReader(tmp_path).tail()[0]))

    line.ship_all(line.shipper())

    line.assert_exactly_once(50)


def test_a_crash_anywhere_gives_every_row_once(tmp_path: Path) -> None:
    """Killed before and after every insert and every write of the cursor."""
    for fresh in (True, False):
        for point in range(60):
            line = Line(tmp_path / f"{fresh}{point}", max_rows=17)
            epoch = line.record(mixed(40))
            if not fresh:
                save(line.directory / CURSOR, Cursor(epoch=epoch))

            crashed = _ship_with_crash_at(line, point)
            line.ship_all(line.shipper())

            line.assert_exactly_once(40)
            if not crashed:
                break
        assert point > 10


@settings(max_examples=40, deadline=None)
@given(
    faults=st.lists(
        st.sampled_from([f for f in Fault if f is not Fault.ACKNOWLEDGED_AND_LOST]),
        max_size=12,
    ),
    entries=st.integers(1, 60),
    max_rows=st.integers(1, 30),
    after=st.integers(1, 30),
)
def test_any_series_of_faults_gives_every_row_once(
    tmp_path_factory: pytest.TempPathFactory,
    faults: list[Fault],
    entries: int,
    max_rows: int,
    after: int,
) -> None:
    """A restart with another batch size does not re-form a batch that was begun."""
    line = Line(tmp_path_factory.mktemp("line"), max_rows=max_rows)
    epoch = line.record(mixed(entries))
    save(line.directory / CURSOR, Cursor(epoch=epoch))
    line.store.faults.extend(faults)

    for attempt in range(len(faults) + 1):
        with contextlib.suppress(Crash):
            line.ship_all(line.shipper())
            break
        line.max_rows = after + attempt

    line.assert_exactly_once(entries)


def test_a_store_that_is_away_is_tried_again_with_growing_pauses(
    tmp_path: Path,
) -> None:
    """From 50 ms to 5 s, with jitter; the status says what is wrong."""
    line = Line(tmp_path)
    line.record(mixed(5))
    line.store.down = True
    shipper = line.shipper()

    waits = [shipper.step(flush=True).wait_s for _ in range(12)]

    assert 0.025 <= waits[0] <= 0.05
    assert 2.5 <= waits[-1] <= 5.0
    status = shipper.status()
    assert status["last_error"] == "connection refused"
    assert (status["shipped"], status["journal_tail"]) == (0, 5)
    line.store.down = False
    line.ship_all(shipper)
    line.assert_exactly_once(5)
    assert shipper.status()["last_error"] == ""


def test_a_store_without_its_tables_is_waited_for(tmp_path: Path) -> None:
    """Rows are not rejected because somebody forgot to migrate."""
    line = Line(tmp_path)
    line.record(mixed(5))
    line.store.missing = ["0002_more"]
    shipper = line.shipper()

    assert shipper.step(flush=True).outcome is Outcome.FAILED
    assert "0002_more" in str(shipper.status()["last_error"])
    line.store.missing = []
    line.ship_all(shipper)

    line.assert_exactly_once(5)


def test_a_migration_that_went_missing_later_rejects_nothing(tmp_path: Path) -> None:
    """A refusal asks for the migrations first."""
    line = Line(tmp_path)
    line.record(mixed(5))
    shipper = line.shipper()
    line.ship_all(shipper)
    line.record(mixed(10))
    line.store.missing = ["0002_more"]
    line.store.refuses = lambda table, _: table == "views"

    assert shipper.step(flush=True).outcome is Outcome.FAILED

    assert not line.rejected.exists()
    line.store.missing = []
    line.store.refuses = lambda *_: False
    line.ship_all(shipper)
    line.assert_exactly_once(15)


def test_the_lag_is_the_age_of_the_oldest_entry_not_shipped(tmp_path: Path) -> None:
    """In the event's own time, so that a restart does not reset it."""
    line = Line(tmp_path)
    line.clock.wall = 1_780_000_000_123_456_789
    line.record(mixed(3))
    shipper = line.shipper()
    line.clock.advance(7)

    assert 6_900 <= float(str(shipper.status()["lag_ms"])) <= 7_100
    line.ship_all(shipper)

    assert shipper.status()["lag_ms"] == 0.0


def test_epochs_are_shipped_one_after_the_other(tmp_path: Path) -> None:
    """An old one is counted before the journal may let it go."""
    line = Line(tmp_path)
    old = line.record(mixed(30))
    with line.journal() as journal:
        journal._rotate(journal.epoch + 10, 1)
        journal.commit(Batch(events=mixed(12)))

    line.ship_all(line.shipper())

    assert (line.cursor.epoch, line.cursor.shipped) == (old + 10, 12)
    assert len(line.store.sequences()) == 42
    assert line.store.counts > 0


def test_only_counted_rows_let_a_segment_go(tmp_path: Path) -> None:
    """Shipped, then counted, then unlinked."""
    line = Line(tmp_path)
    line.record(mixed(250))
    shipper = line.shipper()
    line.ship_all(shipper)
    assert (line.cursor.shipped, line.cursor.counted) == (250, 0)
    with line.journal() as journal:
        journal._keep_up()
        assert journal.unlinked == 0

        line.clock.advance(11)
        shipper.step()
        journal._keep_up()

        assert (line.cursor.shipped, line.cursor.counted) == (250, 250)
        assert journal.unlinked == 2


def test_rows_the_store_lost_after_saying_yes_are_shipped_again(
    tmp_path: Path,
) -> None:
    """Told at the first short count, mended after some more."""
    line = Line(tmp_path)
    epoch = line.record(mixed(50))
    save(tmp_path / CURSOR, Cursor(epoch=epoch))
    line.store.faults.extend([Fault.NONE, Fault.ACKNOWLEDGED_AND_LOST])
    shipper = line.shipper()
    line.ship_all(shipper)
    assert len(line.store.sequences()) < 50

    line.clock.advance(11)
    shipper.step()
    assert shipper.status()["short"] is True
    assert "were acknowledged" in str(shipper.status()["last_error"])
    for _ in range(6):
        line.clock.advance(11)
        shipper.step()
    line.ship_all(shipper)

    line.assert_exactly_once(50)
    line.clock.advance(11)
    shipper.step()
    assert shipper.status()["short"] is False
    assert line.cursor.counted == 50


def test_a_store_that_stays_short_holds_the_segments(tmp_path: Path) -> None:
    """Evidence is not given up; shipping goes on."""
    line = Line(tmp_path)
    line.record(mixed(20))
    shipper = line.shipper()
    line.ship_all(shipper)
    line.store.rows["views"].pop()

    for _ in range(30):
        line.clock.advance(11)
        line.ship_all(shipper)
    line.record(mixed(5))
    line.ship_all(shipper)

    assert line.cursor.counted == 0
    assert line.cursor.shipped == 25
    assert shipper.status()["short"] is True


def test_more_rows_than_were_sent_is_told_and_holds_nothing_up(
    tmp_path: Path,
) -> None:
    """Which of two rows is the true one, only a person can say."""
    line = Line(tmp_path)
    line.record(mixed(20))
    shipper = line.shipper()
    line.ship_all(shipper)
    line.store.rows["views"].append(line.store.rows["views"][0])

    line.clock.advance(11)
    shipper.step()

    assert shipper.status()["surplus_counts"] == 1
    assert line.cursor.counted == 20


@pytest.mark.parametrize("text", [None, b"{damaged"])
@pytest.mark.parametrize("shipped", [0, 1, 20, 33, 60])
def test_a_lost_cursor_costs_a_count_and_no_duplicate(
    tmp_path: Path, text: bytes | None, shipped: int
) -> None:
    """Batches form anew, with other bounds and tokens; the store is asked first."""
    line = Line(tmp_path, max_rows=13)
    line.record(mixed(60))
    shipper = line.shipper()
    while line.store.sequences()[-1:] < [shipped]:
        shipper.step(flush=True)
    (tmp_path / CURSOR).unlink(missing_ok=True)
    if text is not None:
        (tmp_path / CURSOR).write_bytes(text)

    line.max_rows = 20
    line.ship_all(line.shipper())

    line.assert_exactly_once(60)
    aside = [p.name for p in tmp_path.iterdir() if f"{CURSOR}.corrupt" in p.name]
    assert len(aside) == (text is not None)


def test_a_lost_cursor_after_segments_went_begins_at_the_oldest(
    tmp_path: Path,
) -> None:
    """What was unlinked had been counted."""
    line = Line(tmp_path)
    epoch = line.record(mixed(150))
    shipper = line.shipper()
    line.ship_all(shipper)
    line.clock.advance(11)
    shipper.step()
    with line.journal() as journal:
        journal._keep_up()
        assert journal.unlinked == 1
    (tmp_path / CURSOR).unlink()

    again = line.shipper()
    line.ship_all(again)

    line.assert_exactly_once(150)
    assert again.status()["entries_missing"] == 0
    assert line.cursor.epoch == epoch
    line.clock.advance(11)
    again.step()
    assert line.cursor.counted == 150


def test_a_segment_that_went_by_another_hand_is_counted_as_missing(
    tmp_path: Path,
) -> None:
    """The rest is shipped."""
    line = Line(tmp_path, limits=Line(tmp_path).limits, max_rows=1000)
    line.record(mixed(250))
    JournalReader(tmp_path).segments()[1].path.unlink()
    shipper = line.shipper()

    line.ship_all(shipper)

    lost = 250 - len(line.store.sequences())
    assert lost > 0
    assert lost == shipper.status()["entries_missing"]


def test_a_damaged_page_costs_its_entries_and_not_the_batch(tmp_path: Path) -> None:
    """They are named in ``rejected``; what was begun is completed around them."""
    line = Line(tmp_path, max_rows=90)
    line.record(mixed(150))
    path = JournalReader(tmp_path).segments()[0].path
    original = path.read_bytes()
    shipper = line.shipper()
    line.store.faults.append(Fault.STORED_BUT_UNSURE)
    shipper.step(flush=True)
    with path.open("r+b") as file:
        file.seek(4096 * 7)
        file.write(bytes(4096))

    line.ship_all(shipper)

    lost = [n for n in range(1, 151) if n not in line.store.sequences()]
    assert original != path.read_bytes()
    assert len(line.store.sequences()) == len({*line.store.sequences()})
    assert 1 <= len(lost) <= 30
    # Some of the unreadable ones had been stored before.
    assert int(str(shipper.status()["entries_unreadable"])) >= len(lost)
    assert (line.rejected / "unreadable.jsonl").exists()
    assert line.cursor.shipped == 150


def test_a_disk_that_refuses_the_cursor_stops_shipping_until_it_does_not(
    tmp_path: Path,
) -> None:
    """Nothing is sent whose bounds are not durable."""
    full = True

    def saving(path: Path, cursor: Cursor) -> None:
        if full:
            raise OSError(28, "No space left on device")
        save(path, cursor)

    line = Line(tmp_path, save=saving)
    line.record(mixed(30))
    shipper = line.shipper()

    assert shipper.step(flush=True).outcome is Outcome.FAILED
    assert line.store.inserts == 0
    assert "No space left" in str(shipper.status()["last_error"])
    full = False
    line.ship_all(shipper)

    line.assert_exactly_once(30)


def test_running_ships_and_a_stop_ships_the_rest(tmp_path: Path) -> None:
    """With a thread, a real wait and a stop."""
    line = Line(tmp_path)
    line.record(mixed(30))
    stop = threading.Event()
    line.clock.advance(1)
    thread = threading.Thread(target=line.shipper().run, args=(stop,))
    thread.start()
    until(lambda: len(line.store.sequences()) >= 20, "full batches are shipped")

    stop.set()
    thread.join(20)

    assert not thread.is_alive()
    line.assert_exactly_once(30)


def test_two_shippers_do_not_share_a_cursor(tmp_path: Path) -> None:
    """Two would form two batches of the same entries."""
    line = Line(tmp_path)
    line.record(mixed(3))
    stop = threading.Event()
    thread = threading.Thread(target=line.shipper().run, args=(stop,))
    thread.start()
    until((tmp_path / f"{CURSOR}.lock").exists, "the first one runs")
    try:
        with pytest.raises(ShipperBusy, match="already"):
            line.shipper().run(stop)
    finally:
        stop.set()
        thread.join(20)


def _ship_with_crash_at(line: Line, point: int) -> bool:
    """Ship, and crash at the given one of all durable effects, in order."""
    counter = -1

    def effect() -> None:
        nonlocal counter
        counter += 1
        if counter == point:
            raise Crash

    def saving(path: Path, cursor: Cursor) -> None:
        effect()
        save(path, cursor)
        effect()

    line.save = saving
    line.store.effect = effect
    try:
        line.ship_all(line.shipper())
    except Crash:
        return True
    finally:
        line.save = save
        line.store.effect = lambda: None
    return False
