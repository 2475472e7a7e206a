"""What changed between two rule sets, in the words of the file."""

from __future__ import annotations

from proxy.ruleset.difference import difference

OLD = """\
application: a
session: {cookie: SID}
records:
  one: {request: GET /one, action: view, subject: {type: c, id: query.id}}
  two: {request: GET /two, action: view, subject: {type: c, id: query.id}}
  three: {request: GET /three, action: view, subject: {type: c, id: query.id}}
"""


def test_layout_is_no_change() -> None:
    """Comments, quotes, order of keys, block or flow."""
    same = OLD.replace("{cookie: SID}", '\n  cookie: "SID"  # theirs').replace(
        "request: GET /one, action: view", "action: view, request: 'GET /one'"
    )

    assert difference(OLD, same) == []


def test_each_change_is_one_line() -> None:
    """Added, removed, changed; top level and rules."""
    new = (
        OLD.replace("cookie: SID", "cookie: [SID, SID2]")
        .replace("GET /one, action: view", "GET /one, action: list")
        .replace("  two: {request: GET /two", "  four: {request: GET /four")
    ) + "ignore: ['*.css']\n"

    assert difference(OLD, new) == [
        "~ session: {cookie: SID} → {cookie: [SID, SID2]}",
        "+ ignore: [*.css]",
        "~ records.one.action: view → list",
        "+ records.four",
        "- records.two",
    ]
    assert "- ignore: [*.css]" in difference(new, OLD)


def test_the_order_of_rules_is_a_change() -> None:
    """The first that fits claims."""
    lines = OLD.splitlines(keepends=True)
    new = "".join([*lines[:3], lines[4], lines[3], lines[5]])

    assert difference(OLD, new) == ["~ records: two comes before one now"]


def test_texts_that_are_no_rule_sets_have_no_difference() -> None:
    """Whoever asks has checked them; nothing is raised."""
    assert difference("", "- x") == []
