"""Files of staff, caseload and watchlist: whole or not at all, mistakes by line."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.context_files import OPEN, ContextKind, ContextRow, check, rows_of
from proxy.csv_lines import FileRefused

STAFF, CASELOAD, WATCHLIST = ContextKind


def refused(kind: ContextKind, text: str) -> dict[int, str]:
    """What is wrong, by line."""
    with pytest.raises(FileRefused) as said:
        check(kind, text.encode())
    return {mistake.line: mistake.said for mistake in said.value.mistakes}


def test_each_kind_of_file_is_read_with_its_columns_in_any_order() -> None:
    """Empty cells are what was not said, an empty end is until further notice."""
    staff = (
        b"own.bsn;valid_from;Team;employee;own.client;valid_to\n"
        b"123;2026-01-01;north;jansen;4711;2026-06-01\n;2026-02-01;south;devries;;\n"
    )
    cases = b"employee,subject,valid_from\njansen,4711,2026-01-01\n"
    watched = b"subject,subject_type,reason,valid_from\n7,bsn,well_known,2026-01-01\n"

    assert check(STAFF, staff) == 2
    assert list(rows_of(STAFF, staff)) == [
        ContextRow(
            line=2,
            employee="jansen",
            team="north",
            own=(("bsn", "123"), ("client", "4711")),
            valid_from=date(2026, 1, 1),
            valid_to=date(2026, 6, 1),
        ),
        ContextRow(
            line=3,
            employee="devries",
            team="south",
            valid_from=date(2026, 2, 1),
            valid_to=OPEN,
        ),
    ]
    (case,) = rows_of(CASELOAD, cases)
    assert (case.employee, case.subject_type, case.subject) == (
        "jansen",
        "client",
        "4711",
    )
    (watch,) = rows_of(WATCHLIST, watched)
    assert (watch.subject_type, watch.subject, watch.reason) == (
        "bsn",
        "7",
        "well_known",
    )


def test_every_mistake_is_told_by_line_and_no_id_is() -> None:
    """All at once."""
    found = refused(
        CASELOAD,
        "employee,subject,subject_type,valid_from,valid_to\n"
        ",canary,client,2026-01-01,\n"
        "jansen,canary,cli ent,2026-01-01,\n"
        "jansen,canary,client,1 january,\n"
        "jansen,canary,client,2026-01-01,2200-01-01\n"
        "jansen,canary,client,2026-01-02,2026-01-01\n"
        "jansen,canary\n"
        f"jansen,{'canary' * 50},client,2026-01-01,\n"
        "jansen,can\x07ary,client,2026-01-01,\n",
    )

    assert sorted(found) == list(range(2, 10))
    assert "canary" not in str(found)
    assert "employee is empty" in found[2]
    assert "valid_to is before valid_from" in found[6]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no row"),
        ("employee,team,valid_from\n", "there is no row"),
        ("employee,teem,valid_from\n", "no column team"),
        ("employee,team,valid_from,valid_too\n", "did you mean valid_to"),
        ("employee,team,valid_from,own.\n", "an unknown column"),
        ("employee,team,team,valid_from\n", "twice"),
        ('employee,team,valid_from\n"a', "open quote"),
    ],
)
def test_a_file_that_is_none_is_refused(text: str, said: str) -> None:
    """With where and what."""
    assert said in str(refused(STAFF, text))


def test_two_teams_on_one_day_are_a_mistake_and_a_transfer_is_none() -> None:
    """An open period ends where the next one of the same account begins."""
    heading = "employee,team,valid_from,valid_to\n"
    overlap = "a,north,2026-01-01,2026-03-01\na,south,2026-02-01,\n"
    transfer = b"a,north,2026-01-01,\na,south,2026-02-01,\nb,south,2026-01-01,\n"

    assert "overlaps that of line 2" in refused(STAFF, heading + overlap)[3]
    assert check(STAFF, heading.encode() + transfer) == 3


@given(st.sampled_from(ContextKind), st.binary(max_size=200))
def test_any_bytes_are_rows_or_refused(kind: ContextKind, data: bytes) -> None:
    """Nothing else comes out."""
    try:
        count = check(kind, data)
    except FileRefused:
        return

    assert len(list(rows_of(kind, data))) == count
