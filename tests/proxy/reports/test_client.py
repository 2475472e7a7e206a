"""A client's report: what each audience is shown, and that nothing hostile acts."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from lxml import html

from proxy.reports.client import ClientReport, Why, client_report
from proxy.reports.page import page
from proxy.reports.shown import MOST_TEXT, printable, shown
from proxy.reports.table import table
from proxy.reports.words import WORDS, Audience, Language
from proxy.store.client import ClickHouseStore
from proxy.store.crosswalk import Identifier
from tests.support.office_rows import ACTIVITY, CLIENT, HOSTILE, PERIOD, SUBJECT

ASKED = (Identifier(type="client", pseudonym=SUBJECT.hex()),)
EMPLOYEES = ("jansen", "cmd|", "nightly", "confirmed", "asserted", "10.0.0.7")
"""What would tell an employee, or how he is known."""


def _found(element: Any, path: str) -> list[Any]:
    """What an XPath finds."""
    return list(element.xpath(path))


def made(office_store: ClickHouseStore, limit: int = 100) -> ClientReport:
    """The report of the period."""
    start, end = PERIOD
    return client_report(office_store, ASKED, CLIENT, start, end, end, limit=limit)


@pytest.mark.parametrize("language", Language)
def test_a_citizen_is_told_when_and_what_for_and_never_who(
    office_store: ClickHouseStore, language: Language
) -> None:
    """Not in the page, not in the table, not in what is not established."""
    seen = shown(made(office_store), Audience.CITIZEN, language)

    for text in (page(seen), table(seen)):
        assert [word for word in EMPLOYEES if word in text] == []
        assert ACTIVITY in text
        assert "contact, health" in text
    assert len(seen.lines) == 4
    assert {line["purpose"] for line in seen.lines} == {
        ACTIVITY,
        WORDS[language]["unknown_purpose"],
    }


def test_an_investigator_is_told_all_of_it(office_store: ClickHouseStore) -> None:
    """With what each name rests on, and why one is missing."""
    seen = shown(made(office_store), Audience.INVESTIGATOR, Language.EN)

    accounts = [line["account"] for line in seen.lines]
    assert accounts[0] == "jansen"
    assert accounts[2:] == ["unknown (unknown_session)", "nightly (robot)"]
    assert [line["founded"] for line in seen.lines[:2]] == [
        "confirmed (form)",
        "asserted (header)",
    ]
    assert [line["what"] for line in seen.lines[2:]] == [
        "in a search result",
        "in an export",
    ]
    assert {line["address"] for line in seen.lines} == {"10.0.0.7"}
    assert "shed: backlog, not intended" in page(seen)


@pytest.mark.parametrize("audience", Audience)
def test_what_is_not_established_is_told_to_everybody(
    office_store: ClickHouseStore, audience: Audience
) -> None:
    """Gaps, silences, unread pages and views without a name, within the period."""
    report = made(office_store)
    seen = shown(report, audience, Language.EN)

    assert [each.why for each in report.unestablished] == [
        Why.GAP,
        Why.SILENCE,
        Why.UNREAD,
        Why.UNATTRIBUTED,
    ]
    assert all(
        PERIOD[0] <= each.from_at <= each.to_at <= PERIOD[1]
        for each in report.unestablished
    )
    document = html.fromstring(page(seen))
    told = _found(document, "//section[@aria-labelledby='not-established']//tbody/tr")
    assert len(told) == 4


def test_a_period_before_anything_was_recorded_is_not_established(
    office_store: ClickHouseStore,
) -> None:
    """Nothing found is not nothing done."""
    start, end = PERIOD[0].replace(year=2020), PERIOD[0].replace(year=2021)
    report = client_report(office_store, ASKED, CLIENT, start, end, end, limit=10)

    assert not report.rows
    (before,) = report.unestablished
    assert (before.why, before.from_at, before.to_at) == (Why.BEFORE, start, end)


@pytest.mark.parametrize("audience", Audience)
def test_hostile_text_is_text(
    office_store: ClickHouseStore, audience: Audience
) -> None:
    """Neither an element of the page nor a formula of the sheet."""
    report = replace(made(office_store), client=HOSTILE)
    seen = shown(report, audience, Language.EN)
    written = page(seen)

    document = html.fromstring(written)
    assert _found(document, "//script | //b | //*[@onerror]") == []
    assert "\x1b" not in written
    assert "alert(1)" in written
    for row in csv.reader(io.StringIO(table(seen))):
        assert [cell for cell in row if cell[:1] in {"=", "+", "-", "@"}] == []


def test_an_answer_that_was_cut_says_so_first(office_store: ClickHouseStore) -> None:
    """In the page as an alert, in the table as a line."""
    seen = shown(made(office_store, limit=1), Audience.CITIZEN, Language.EN)

    document = html.fromstring(page(seen))
    (alert,) = _found(document, "//*[@role='alert']")
    assert alert.text.startswith("NOT COMPLETE")
    assert "NOT COMPLETE" in table(seen)


@pytest.mark.parametrize("language", Language)
def test_the_page_can_be_read_by_a_machine_that_reads_aloud(
    office_store: ClickHouseStore, language: Language
) -> None:
    """A language, a title, one main landmark, captions, and headers with a scope; and
    nothing that is fetched or run."""
    document = html.fromstring(
        page(shown(made(office_store), Audience.INVESTIGATOR, language))
    )

    assert document.get("lang") == language.value
    assert document.findtext(".//title")
    assert len(document.findall(".//main")) == len(document.findall(".//h1")) == 1
    for found in document.iter("table"):
        assert found.findtext("caption")
        assert all(each.get("scope") for each in found.iter("th"))
        assert len(_found(found, "./tbody/tr/th")) == len(_found(found, "./tbody/tr"))
    assert _found(document, "//@src | //@href | //script | //link") == []


def test_both_languages_say_the_same_things() -> None:
    """And nothing is left empty."""
    english, dutch = WORDS[Language.EN], WORDS[Language.NL]

    assert english.keys() == dutch.keys()
    assert all(dutch.values())
    assert all(english.values())


def test_a_long_text_is_cut_and_marked() -> None:
    """A name of 10 kB does not make a page of it."""
    assert printable("x" * 10_000) == "x" * MOST_TEXT + "…"
    assert printable("a\nb\u202e") == "a\\nb\\u202e"
