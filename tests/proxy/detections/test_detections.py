"""Each detection: what it finds, what it leaves alone, and what it says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from proxy.context_files import ContextKind
from proxy.detections.catalogue import Severity, by_id
from proxy.detections.findings import rows_behind
from tests.proxy.detections.conftest import DAY, Office, subject

STAFF, CASELOAD, WATCHLIST = ContextKind
TEAM = (
    "employee,team,own.client,valid_from\n"
    "ann,north,5001,2020-01-01\nbob,north,,2020-01-01\ncas,south,5003,2020-01-01\n"
)
CASES = "employee,subject,valid_from\n" + "".join(
    f"{who},{client},2020-01-01\n"
    for who, clients in (("ann", range(20)), ("bob", range(20, 40)))
    for client in clients
)


def test_a_day_far_above_the_own_past_and_the_team_is_told_with_both(
    office: Office,
) -> None:
    """A busy day is none, nor is that of an account that is always busy."""
    office.loads(STAFF, TEAM)
    for who, usual, today in (("ann", 10, 90), ("bob", 12, 20), ("cas", 100, 110)):
        office.past(who, usual)
        office.shows(who, range(today))

    (found,) = office.finds("volume")

    assert found.actor == "ann"
    assert found.sentence == (
        "viewed 90 clients on Tuesday 12 May 2026; own median 10, team 20"
    )
    assert found.evidence["peers"] == "team"
    assert len(rows_behind(office.store, found, limit=1_000).rows) == 90


def test_a_new_account_is_compared_with_its_team_alone(office: Office) -> None:
    """It has no median of its own yet."""
    office.loads(STAFF, TEAM)
    office.shows("ann", range(80))
    office.shows("bob", range(10))

    (found,) = office.finds("volume")

    assert (found.actor, found.evidence["own_median"]) == ("ann", 0)


def test_robots_are_compared_with_themselves_and_are_nobodys_team(
    office: Office,
) -> None:
    """A nightly run is no norm for people, and people none for it."""
    office.past("robot", 500, days=6)
    office.shows("robot", range(500), actor_kind="robot")
    office.past("ann", 10)
    office.shows("ann", range(80))

    assert [found.actor for found in office.finds("volume")] == ["ann"]


def test_a_watched_record_is_told_unless_it_is_a_case_or_worked_on(
    office: Office,
) -> None:
    """Opened, not listed; and only while it is on the list."""
    office.loads(CASELOAD, CASES)
    office.loads(
        WATCHLIST,
        "subject,reason,valid_from,valid_to\n"
        "7,well_known,2026-01-01,\n8,well_known,2026-01-01,2026-02-01\n",
    )
    office.shows("ann", [7])
    office.shows("bob", [7, 8])
    office.shows("cas", [7], action="search")
    office.shows("dan", [7])
    office.shows("dan", [7], hour=11, action="update")

    (found,) = office.finds("watched-subject")
    changed = office.finds(
        "watched-subject",
        "zone: UTC\ndetections: {watched-subject: {changed: 1}}\n",
    )

    assert (found.actor, found.subject) == ("bob", subject(7).hex())
    assert found.severity is Severity.HIGH
    assert found.sentence == (
        "opened a watched record (well_known), 1 page from 12:00 to 12:00 on "
        "Tuesday 12 May 2026, without its case"
    )
    assert {each.actor for each in changed} == {"bob", "dan"}


def test_work_at_night_is_told_with_local_times(office: Office) -> None:
    """Past midnight it is still the night of the day before."""
    office.past("ann", 5)
    office.shows("ann", range(100, 110), hour=21)
    office.shows("ann", range(110, 115), hour=22.5)

    (found,) = office.finds("outside-hours")

    assert found.day == DAY
    assert found.evidence["clients"] == 15
    assert "from 23:00 to 00:34 in the night or free time of Tuesday 12 May" in (
        found.sentence
    )
    assert "on 0 of its 10 days before" in found.sentence


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("zone: UTC\n", 0),
        ("zone: UTC\nholidays: [2026-05-12]\n", 1),
        ("zone: UTC\nhours: {usual: {wednesday: 07:00-19:00}}\n", 1),
        ("zone: Asia/Tokyo\n", 1),
        ("zone: Asia/Tokyo\nhours: {usual: {tuesday: 18:00-22:00}}\n", 0),
    ],
)
def test_hours_zone_and_holidays_decide_what_is_outside(
    office: Office, file: str, found: int
) -> None:
    """Twelve o'clock in UTC, on a Tuesday."""
    office.shows("ann", range(10), hour=12)

    assert len(office.finds("outside-hours", file)) == found


def test_shifts_are_hours_too_entered_or_habitual(office: Office) -> None:
    """Who has a schedule in the staff file, and who always works at night."""
    office.loads(
        STAFF, "employee,team,schedule,valid_from\nann,night,shifts,2020-01-01\n"
    )
    office.shows("ann", range(10), hour=21)
    for number in range(11):
        office.shows("bob", range(10), DAY - timedelta(days=number), hour=21)
    file = "zone: UTC\nhours: {shifts: {tuesday: 20:00-04:00}}\n"

    assert office.finds("outside-hours", file) == []
    assert [each.actor for each in office.finds("outside-hours", "zone: UTC")] == [
        "ann"
    ]


def test_searched_looked_around_and_no_case_is_told(office: Office) -> None:
    """A slip of the mouse is none, nor a colleague's case, nor work."""
    office.loads(STAFF, TEAM)
    office.loads(CASELOAD, CASES)
    for who, client, pages in (
        ("ann", 900, 5),  # a stranger
        ("bob", 901, 1),  # the wrong one of several hits
        ("bob", 3, 5),  # a case of the team
        ("cas", 902, 5),  # worked on
    ):
        office.shows(who, [client], hour=9, action="search")
        office.shows(who, [client] * pages, hour=9.05)
    office.shows("cas", [902], hour=9.5, action="update")
    office.shows("dan", [903] * 5)  # without a search

    (found,) = office.finds("searched-by-name")

    assert (found.actor, found.subject) == ("ann", subject(900).hex())
    assert "opened 5 pages of the record within 3 minutes" in found.sentence


def test_an_account_that_opens_strangers_every_day_is_used_to_them(
    office: Office,
) -> None:
    """A front desk."""
    office.loads(CASELOAD, CASES)
    office.past("desk", 50)
    office.shows("desk", [900], action="search")
    office.shows("desk", [900] * 5, hour=10.1)

    assert office.finds("searched-by-name") == []


def test_an_export_far_above_the_own_past_is_told(office: Office) -> None:
    """The weekly list of the own cases is none; it has been as large before."""
    for who, before, today in (("ann", 10, 300), ("bob", 250, 300), ("cas", 10, 20)):
        office.shows(who, range(before), DAY - timedelta(days=7), action="export")
        office.shows(who, range(today), hour=0.5, action="export")

    (found,) = office.finds("bulk-export")

    assert found.actor == "ann"
    assert "exported or printed 300 clients" in found.sentence
    assert "at most 10 on a day of the 35 before" in found.sentence


def test_the_own_record_and_a_colleagues_are_told_apart(office: Office) -> None:
    """A colleague's case that one works on is work."""
    office.loads(STAFF, TEAM)
    office.loads(CASELOAD, CASES + "cas,5001,2020-01-01\n")
    office.shows("ann", [5001])
    office.shows("bob", [5001, 5003])
    office.shows("cas", [5001])

    said = {(f.actor, f.evidence["whose"]) for f in office.finds("own-record")}

    assert said == {("ann", "the own"), ("bob", "a close colleague's")} | {
        ("bob", "a colleague's")
    }


def test_one_stranger_again_and_again_is_told_once(office: Office) -> None:
    """The ex-partner: three days within four weeks, and nothing changed."""
    office.loads(STAFF, TEAM)
    office.loads(CASELOAD, CASES)
    for days in (0, 3, 9):
        office.shows("ann", [900, 3, 25], DAY - timedelta(days=days))
        office.shows("bob", [901], DAY - timedelta(days=days))
        office.shows("bob", [901], DAY - timedelta(days=days), action="update")

    (found,) = office.finds("outside-caseload")

    assert (found.actor, found.subject) == ("ann", subject(900).hex())
    assert found.sentence.startswith("opened one client on 3 days within four weeks")
    assert len(rows_behind(office.store, found, limit=100).rows) == 3


def test_many_strangers_on_one_day_are_told_with_the_own_median(
    office: Office,
) -> None:
    """Who sees everybody every day is used to it."""
    office.loads(CASELOAD, CASES)
    office.shows("ann", range(900, 902), DAY - timedelta(days=1))
    office.shows("ann", range(910, 940))
    office.past("desk", 60)
    office.shows("desk", range(900, 970))

    (found,) = office.finds("outside-caseload")

    assert found.sentence == (
        "opened 30 clients on one day, outside the caseload of the account and its "
        "team; own median 2"
    )


def test_one_session_from_two_places_by_turns_is_told(office: Office) -> None:
    """One move is none; one network is one place, and so is a trusted one."""
    for number in range(6):
        other = "192.0.2.9" if number % 2 else "10.0.0.7"
        near = "10.0.0.99" if number % 2 else "10.0.0.7"
        office.shows("ann", [1], hour=10 + number / 30, client_address=other)
        office.shows("bob", [1], hour=10 + number / 30, client_address=near)
        moved = "2001:db8::1" if number > 2 else "10.0.0.7"
        office.shows("cas", [1], hour=10 + number / 30, client_address=moved)

    (found,) = office.finds("two-places")
    trusted = office.finds(
        "two-places",
        "detections: {two-places: {trusted: [192.0.2.0/24, 10.0.0.0/8]}}\n",
    )

    assert found.actor == "ann"
    assert "from 10.0.0.xxx, 192.0.2.xxx by turns, 5 times within 10 minutes" in (
        found.sentence
    )
    assert trusted == []
    assert len(rows_behind(office.store, found, limit=100).rows) == 6


def test_records_opened_without_a_name_are_told_by_address(office: Office) -> None:
    """A name that was learned later counts as one."""
    office.shows("", range(12))
    office.shows("", range(5), client_address="10.0.0.8")

    (found,) = office.finds("unattributed-access")

    assert (found.actor, found.application) == ("", "sonar")
    assert "12 clients were opened from one address" in found.sentence
    assert "no_session_key" in found.sentence
    assert len(rows_behind(office.store, found, limit=100).rows) == 12


@pytest.mark.parametrize("detection", by_id())
def test_a_store_with_nothing_in_it_gives_no_findings(
    office: Office, detection: str
) -> None:
    """And no error."""
    assert office.finds(detection) == []
