"""``each``: where rows are, and what is said of mistakes."""

from __future__ import annotations

import pytest

from proxy.ruleset.rows import ROWS
from tests.support.pages import problems


def told(each: str) -> list[str]:
    """The mistakes of a rule with these rows."""
    return problems(
        "application: a\nrecords:\n  p: {request: /p, action: list, each: "
        f"{each},\n      subject: {{type: c, id: query.id}}}}\n"
    )


@pytest.mark.parametrize(
    ("each", "expected"),
    [
        ("table", "no list; expected"),
        ("{}", "no source; expected one of " + ", ".join(ROWS)),
        ("{css: a, json: b}", "several: css, json"),
        ("{css: [a]}", "a list stands here; expected text"),
        ("{csv: {separator: ab}}", "no separator"),
        ("{siebel: [a]}", "a list stands here; expected text"),
        ("{siebel: Contact}", "siebel rows need that dialect"),
        ("{json: '['}", "not readable"),
        ("{regex: '('}", "not usable"),
        ("{css: '##', within: a}", "not readable"),
        ("{jsn: a}", "no source"),
    ],
)
def test_a_mistake_is_told_with_its_place(each: str, expected: str) -> None:
    """Line, key and what is expected."""
    found = told(each)

    assert any(expected in line for line in found)
    assert all(line.startswith("rules.yaml:3: records.p.each") for line in found)
