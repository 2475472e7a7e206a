"""The score finds every planted fault, and counts it once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.application.truth import TruthRecord
from deploy.demo.scoring import MAX_EXAMPLES, Score, ViewRow, score


def pseudonym(client: str) -> bytes:
    """Any injective function will do."""
    return b"p" + client.encode()


def shown(advisor: str, action: str, *clients: str, data: str = "") -> TruthRecord:
    """A truth record."""
    return TruthRecord(
        advisor=advisor,
        at_ns=0,
        page="x",
        action=action,
        clients=list(clients),
        categories=data.split(),
    )


def row(actor: str, action: str, client: str, data: str = "") -> ViewRow:
    """A row of the store."""
    return ViewRow(actor, pseudonym(client), action, tuple(data.split()))


TRUTH = [
    shown("anna", "view", "1", data="contact income"),
    shown("anna", "view", "1", data="contact income"),
    shown("bram", "view", "1", data="health"),
    shown("bram", "search", "1", "2", "3"),
]
ROWS = [
    row("anna", "view", "1", "income contact"),
    row("anna", "view", "1", "contact income"),
    row("bram", "view", "1", "health"),
    row("bram", "search", "3"),
    row("bram", "search", "2"),
    row("bram", "search", "1"),
]


def scored(
    truth: Iterable[TruthRecord],
    rows: Iterable[ViewRow],
    seen: int = 4,
    recorded: int = 4,
    stored: int = 4,
) -> Score:
    """The score, with exchanges that agree unless said otherwise."""
    return score(
        truth,
        rows,
        pseudonym=pseudonym,
        exchanges_seen=seen,
        exchanges_recorded=recorded,
        exchanges_stored=stored,
    )


def test_the_same_on_both_sides_is_clean() -> None:
    """Whatever the order of rows and categories."""
    result = scored(TRUTH, ROWS)

    assert result.clean
    assert (result.records_shown, result.records_recorded) == (6, 6)
    assert result.examples == ()


def faults(result: Score) -> dict[str, int]:
    """The counts that are not 0."""
    names = ("missed", "extra", "wrong_employee", "unattributed", "wrong_categories")
    return {name: count for name in names if (count := getattr(result, name))}


@pytest.mark.parametrize(
    ("place", "planted", "expected"),
    [
        (0, [], {"missed": 1}),
        (3, [], {"missed": 1}),
        (0, [row("anna", "view", "1", "contact income")] * 2, {"extra": 1}),
        (0, [row("bram", "view", "1", "contact income")], {"wrong_employee": 1}),
        (0, [row("", "view", "1", "contact income")], {"unattributed": 1}),
        (3, [row("bram", "list", "3")], {"missed": 1, "extra": 1}),
        (3, [row("bram", "search", "4")], {"missed": 1, "extra": 1}),
        (2, [row("bram", "view", "1", "contact")], {"wrong_categories": 1}),
        (2, [row("bram", "view", "1")], {"wrong_categories": 1}),
        (0, [*ROWS[:1], row("", "view", "9")], {"extra": 1}),
    ],
)
def test_planted_fault_is_found_and_counted_once(
    place: int, planted: list[ViewRow], expected: dict[str, int]
) -> None:
    """A lost, doubled, misnamed, nameless, mistaken or half-read row."""
    rows = [*ROWS[:place], *planted, *ROWS[place + 1 :]]

    result = scored(TRUTH, rows)

    assert faults(result) == expected
    assert not result.clean


def test_two_advisors_swapped_are_two_wrong_employees() -> None:
    """Totals by client and by advisor agree; the names do not."""
    truth = [shown("anna", "view", "1"), shown("bram", "view", "2")]
    rows = [row("bram", "view", "1"), row("anna", "view", "2")]

    result = scored(truth, rows)

    assert faults(result) == {"wrong_employee": 2}
    assert result.examples[0] == "1 view: shown to anna, recorded for bram"


def test_nameless_rows_explain_before_wrong_names_do() -> None:
    """One shown to anna, rows without a name and for bram: one of each kind."""
    truth = [shown("anna", "view", "1")]
    rows = [row("", "view", "1"), row("bram", "view", "1")]

    assert faults(scored(truth, rows)) == {"unattributed": 1, "extra": 1}


@pytest.mark.parametrize("counts", [(5, 4, 4), (4, 5, 4), (4, 4, 3)])
def test_an_exchange_too_few_or_too_many_is_not_clean(
    counts: tuple[int, int, int],
) -> None:
    """Though every record agrees."""
    assert not scored(TRUTH, ROWS, *counts).clean


def test_examples_are_bounded() -> None:
    """A run where all is lost stays readable."""
    truth = [shown("anna", "view", str(number)) for number in range(500)]

    result = scored(truth, [])

    assert result.missed == 500
    assert len(result.examples) == MAX_EXAMPLES


_names = st.sampled_from(["anna", "bram", ""])
_rows = st.lists(
    st.builds(row, _names, st.sampled_from(["view", "list"]), st.sampled_from("123"))
)


@given(_rows, _rows)
def test_the_books_balance(left: list[ViewRow], right: list[ViewRow]) -> None:
    """Shown = matched + missed + misnamed; recorded = matched + extra + misnamed."""
    truth = [shown(r.actor, r.action, r.subject[1:].decode()) for r in left if r.actor]

    result = scored(truth, right)

    misnamed = result.wrong_employee + result.unattributed
    assert result.records_shown - result.missed - misnamed == (
        result.records_recorded - result.extra - misnamed
    )
    assert result == dataclasses.replace(
        scored(reversed(truth), right[::-1]), examples=result.examples
    )
