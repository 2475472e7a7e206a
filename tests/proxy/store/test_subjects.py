"""Pseudonyms are turned back by who has the keys, until they are forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from proxy.errors import UsageError
from proxy.events.custody import SubjectSeen
from proxy.pseudonym import PLAIN, pseudonym
from proxy.recovery import Recovery, seen
from proxy.retention import forgetting, holds
from proxy.store.client import ClickHouseStore
from proxy.store.subjects import Known, reveal
from proxy.store.tables import SUBJECTS, VIEWS
from tests.support.embedded import EmbeddedStore
from tests.support.rows import NOON_NS, view

KEY = b"k" * 32
OLD, NEW = Recovery(b"o" * 64, 1), Recovery(b"n" * 64, 2)
BOTH = {1: OLD, 2: NEW}
CLIENT = pseudonym(KEY, "client", "4711")
NOON = datetime.fromtimestamp(NOON_NS // 10**9, UTC)


@pytest.fixture
def store(embedded_store: EmbeddedStore) -> ClickHouseStore:
    """A client on a fresh database."""
    return embedded_store.store()


def put(store: ClickHouseStore, *events: SubjectSeen, first: int = 1) -> None:
    """Rows as the shipper sends them."""
    rows = [SUBJECTS.row(each, "n", 1, seq) for seq, each in enumerate(events, first)]
    store.insert("subjects", SUBJECTS.columns, rows, token=f"put {first}")


def said(
    recovery: Recovery, identifier: str = "4711", at: int = NOON_NS
) -> SubjectSeen:
    """That this client was shown."""
    subject = pseudonym(KEY, "client", identifier)
    return seen(recovery, "sonar", at, "client", identifier, subject, 1)


def test_a_finding_is_turned_back_into_a_client(store: ClickHouseStore) -> None:
    """Once, however often it was recorded; others are not told."""
    put(store, said(OLD), said(OLD), said(OLD, "4712"))

    assert reveal(store, [CLIENT, bytes(16)], BOTH) == [
        Known(subject=CLIENT.hex(), subject_type="client", subject_key=1, id="4711")
    ]


def test_ids_under_an_older_recovery_key_are_read(store: ClickHouseStore) -> None:
    """Rotation rewrites nothing; without the older key that is said."""
    put(store, said(OLD))

    (found,) = reveal(store, [CLIENT], BOTH)
    (lost,) = reveal(store, [CLIENT], {2: NEW})

    assert found.id == "4711"
    assert (lost.id, lost.trouble) == ("", "its recovery key is not in the key file")


def test_a_row_that_was_put_there_by_another_is_no_id(store: ClickHouseStore) -> None:
    """Nor does it hide the true one."""
    forged = SubjectSeen("sonar", NOON_NS, "client", CLIENT, 1, b"\xff" * 20, 1)
    put(store, forged)

    (found,) = reveal(store, [CLIENT], BOTH)
    put(store, said(OLD), first=2)
    (then,) = reveal(store, [CLIENT], BOTH)

    assert (found.id, found.trouble) == ("", "what stands there is not its id")
    assert then.id == "4711"


def test_a_forgotten_subject_is_turned_back_by_nobody(store: ClickHouseStore) -> None:
    """The bytes are gone, who did it stands there, and others keep their id."""
    other = pseudonym(KEY, "client", "4712")
    put(store, said(OLD), said(NEW), said(OLD, "4712"))

    rows = forgetting.forget(
        store,
        [CLIENT],
        said_by="officer",
        reason="case 7",
        now=NOON + timedelta(hours=1),
    )

    assert rows == 2
    assert [each.id for each in reveal(store, [CLIENT, other], BOTH)] == ["4712"]
    left = store.query("SELECT countIf(encrypted_id != ''), count() FROM subjects")
    assert left.rows == [(1, 3)]
    told = store.query("SELECT said_by, reason FROM forgotten")
    assert told.rows == [("officer", "case 7")]


def test_what_was_on_its_way_is_forgotten_by_the_next_run(
    store: ClickHouseStore,
) -> None:
    """And until then no question gives it; what is shown later is recorded anew."""
    now = NOON + timedelta(hours=1)
    forgetting.forget(store, [CLIENT], said_by="o", reason="case 7", now=now)
    put(store, said(OLD))

    assert reveal(store, [CLIENT], BOTH) == []
    assert (forgetting.erase(store), forgetting.erase(store)) == (1, 0)
    put(store, said(OLD, at=NOON_NS + 2 * 3600 * 10**9), first=2)
    assert [each.id for each in reveal(store, [CLIENT], BOTH)] == ["4711"]
    assert forgetting.erase(store) == 0


def test_a_hold_keeps_the_id(store: ClickHouseStore) -> None:
    """Nothing is changed then."""
    put(store, said(OLD))
    holds.place(
        store,
        subjects=[CLIENT],
        employee="",
        from_at=NOON,
        to_at=NOON + timedelta(days=1),
        said_by="o",
        reason="case 8",
        now=NOON,
    )

    with pytest.raises(UsageError, match="release it first"):
        forgetting.forget(store, [CLIENT], said_by="o", reason="case 7", now=NOON)

    assert [each.id for each in reveal(store, [CLIENT], BOTH)] == ["4711"]
    assert store.query("SELECT count() FROM forgotten").rows == [(0,)]


def test_a_new_subject_key_makes_one_client_two(store: ClickHouseStore) -> None:
    """What docs/keys.md says a rotation breaks: a distinct count over both keys. By
    the ids that both pseudonyms are turned back into it is one again."""
    later = pseudonym(b"l" * 32, "client", "4711")
    shown = [
        view(subject=CLIENT, subject_key=1),
        view(subject=later, subject_key=2),
    ]
    rows = [VIEWS.row(each, "n", 1, seq) for seq, each in enumerate(shown, 10)]
    store.insert("views", VIEWS.columns, rows, token="views")
    again = seen(OLD, "sonar", NOON_NS, "client", "4711", later, 2)
    put(store, said(OLD), again)

    counted = store.query("SELECT uniqExact(subject) FROM views").rows
    ids = {each.id for each in reveal(store, [CLIENT, later], BOTH)}

    assert counted == [(2,)]
    assert ids == {"4711"}


def test_a_plain_id_that_was_changed_is_no_id(store: ClickHouseStore) -> None:
    """Nothing but its pseudonym vouches for it; whoever reads needs no key."""
    plain = Recovery(PLAIN, 0)
    subject = pseudonym(PLAIN, "client", "4711")
    other = pseudonym(PLAIN, "client", "4712")
    put(
        store,
        seen(plain, "sonar", NOON_NS, "client", "4711", subject, 0),
        SubjectSeen("sonar", NOON_NS, "client", other, 0, b"4711", 0),
    )

    found = {each.subject: each for each in reveal(store, [subject, other], {0: plain})}

    assert found[subject.hex()].id == "4711"
    assert found[other.hex()].id == ""
    assert found[other.hex()].trouble == "what stands there is not its id"
