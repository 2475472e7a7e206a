"""The document of a month: numbers of everything, and what cannot be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import html

from proxy.evidence.findings import Fault, Finding
from proxy.reports import month as module
from proxy.reports.anchored import Anchoring
from proxy.reports.month import Month, Section, month
from proxy.reports.page import month_page
from proxy.store.client import ClickHouseStore
from proxy.store.port import Result
from proxy.verification.report import Report
from tests.support.office_rows import HOSTILE

MAY = (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))


def made(store: ClickHouseStore, verified: Report | None = None) -> Month:
    """The document of May."""
    return month(store, *MAY, MAY[1], verified)


def section(of: Month, title: str) -> Section:
    """One of them."""
    (found,) = (each for each in of.sections if each.title == title)
    return found


def test_every_part_of_a_month_is_told(office_store: ClickHouseStore) -> None:
    """Recorded, missing in every way, erased, asked; in numbers of the rows there."""
    found = made(office_store)

    assert section(found, "Recorded").text == "3 exchanges with 3 views."
    assert section(found, "What was shown").text == "6 views."
    assert section(found, "Missing: gaps").rows[0][:5] == (
        *("shed", "no", "1", "4"),
        str(100 + 2**40),
    )
    assert section(found, "Missing: silences").rows[0][:2] == ("n", "2")
    assert section(found, "Missing: pages that were not read").text == "1 exchanges."
    assert section(found, "Missing: names").text == "1 views without a name."
    assert section(found, "Erased").text.startswith("0 rows")
    assert section(found, "Copies of traffic").text == "0 were taken."


def test_nobody_who_was_shown_or_looked_is_named(office_store: ClickHouseStore) -> None:
    """Only who held, copied or asked is."""
    text = month_page(made(office_store))

    assert "jansen" not in text
    assert HOSTILE[:4] not in text
    assert "nightly" not in text


def test_of_anchors_it_says_what_this_host_knows(office_store: ClickHouseStore) -> None:
    """Nothing, none at all, or how far each has come."""
    none = Anchoring(node="n", names=(), numbers={}, outages=())
    worm = Anchoring(node="n", names=("worm",), numbers={}, outages=())

    def said(anchoring: Anchoring | None) -> Section:
        whole = month(office_store, *MAY, MAY[1], None, anchoring)
        return section(whole, "Anchors")

    assert said(None).text.startswith("Not attested")
    assert said(none).text.startswith("There is none")
    assert [row[1] for row in said(worm).rows] == ["worm"]


def test_without_a_key_it_says_that_nothing_was_verified(
    office_store: ClickHouseStore,
) -> None:
    """And does not sound like good news."""
    found = made(office_store)

    assert found.verdict == "Whether rows were changed was not verified."
    assert not found.changed


def test_a_change_is_the_first_thing_that_is_said(
    office_store: ClickHouseStore,
) -> None:
    """With where it is; words of a finding are text."""
    report = Report(rows=7, seals=2)
    report.add(
        Finding(node="n", epoch=1, seq=3, fault=Fault.CHANGED, text="<b>a row</b>")
    )
    found = made(office_store, report)

    document: Any = html.fromstring(month_page(found))
    assert found.changed
    assert found.verdict == "CHANGED: 1 findings (7 rows in 2 seals)."
    assert document.xpath("string(//main/p[1])") == found.verdict
    assert list(document.xpath("//b")) == []
    assert "<b>a row</b>" in document.text_content()


def test_an_intact_store_is_said_to_be(office_store: ClickHouseStore) -> None:
    """With what was counted."""
    found = made(office_store, Report(rows=7, seals=2))

    assert found.verdict == "Nothing was changed: 7 rows in 2 seals."
    assert section(found, "What the verification rests on").rows


@dataclass(slots=True)
class _Store:
    """A store in which every statement has these rows."""

    rows: list[tuple[Any, ...]]

    def query(self, sql: str, params: Mapping[str, object] | None = None) -> Result:
        return Result((), self.rows)


def test_a_section_is_bounded_and_says_so() -> None:
    """A store of hostile names does not make a document without end."""
    store = _Store([(1,) * 8] * (module.MOST_ROWS + 1))

    found = month(store, *MAY, MAY[1], None)

    erased = section(found, "Erased")
    assert len(erased.rows) == module.MOST_ROWS
    assert "There are more than these" in erased.text
