"""Deltas are read as the script in the browser reads them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.exchange.model import BodyState
from proxy.extraction.dialects.base import calls_of
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.dialects.webforms import MAX_ITEMS, Item, parse_delta
from proxy.extraction.view import View
from tests.support.dialects import DELTA_TYPE, FORM, delta, rpc
from tests.support.pages import ids, rule, rules

RULES = rules(
    '  page: {request: "POST /rpc", dialect: webforms, action: view,\n'
    '    subject: {type: c, id: {css: "#up .nr"}},\n'
    '    data: {name: {regex: "Cli.nt"}}}\n'
)
KIND = f"{FORM}->{DELTA_TYPE}"
TEXTS = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("|0123456789")),
    max_size=30,
)
PLAIN = st.text(st.sampled_from("abc$_1"), max_size=8)


def said(
    body: str, state: BodyState = BodyState.COMPLETE
) -> tuple[str, str, list[str]]:
    """Status, reason and ids of a delta."""
    answer = RULES.read(rpc("__EVENTTARGET=g", body, KIND, state=state)).extracted
    return answer.status.value, answer.reason, ids(answer)


@given(st.lists(st.tuples(PLAIN, PLAIN, TEXTS), min_size=1, max_size=6))
@example([("updatePanel", "up", "Cliënt 😀|5|x|"), ("hiddenField", "", "")])
def test_a_delta_gives_the_items_that_made_it(
    items: list[tuple[str, str, str]],
) -> None:
    """Whatever they hold: bars, digits, characters beyond 16 bits."""
    found, whole = parse_delta(delta(*items))

    assert whole
    assert found == [Item(*item) for item in items]


@given(
    st.lists(st.tuples(PLAIN, PLAIN, TEXTS), min_size=1, max_size=4),
    st.integers(min_value=0),
)
def test_a_delta_that_is_cut_gives_the_items_before_the_cut(
    items: list[tuple[str, str, str]], cut: int
) -> None:
    """At any place; the item that was cut keeps what came of it."""
    text = delta(*items)
    text = text[: cut % len(text)]

    found, whole = parse_delta(text)

    assert [tuple(item) for item in found[:-1]] == items[: max(0, len(found) - 1)]
    assert (whole == bool(text) and whole == (text == delta(*found))) or not whole
    if found:
        assert items[len(found) - 1][2].startswith(found[-1].content)


@given(st.text(st.sampled_from("0123|ab😀"), max_size=60))
def test_anything_is_read_without_fault(text: str) -> None:
    """Wrong lengths among them."""
    found, _ = parse_delta(text)

    assert sum(len(item.content) for item in found) <= len(text)


def test_the_items_of_one_delta_are_bounded() -> None:
    """A million empty ones do not become a million objects."""
    found, whole = parse_delta("0|a|b||" * (MAX_ITEMS + 5))

    assert (len(found), whole) == (MAX_ITEMS, False)


def test_panels_make_one_page_in_which_each_stands_by_itself() -> None:
    """An unclosed comment in one hides nothing of the next."""
    body = delta(
        ("updatePanel", "other", "<b class=nr>1</b><!-- <b>"),
        ("updatePanel", "up", "Cliënt <b class=nr>2</b> x <i class=nr>3"),
        ("hiddenField", "up", "<b class=nr>4</b>"),
    )

    answer = RULES.read(rpc("__EVENTTARGET=g", body, KIND)).extracted

    assert ids(answer) == ["2", "3"]
    assert answer.subjects[0].categories == ("name",)


def test_a_whole_page_is_looked_at_as_it_is() -> None:
    """One rule for both."""
    assert said("<div id=up><b class=nr>5</b></div>") == ("recorded", "", ["5"])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (delta(("pageRedirect", "", "%2fLogin")), ("nothing_expected", "redirect")),
        (delta(("error", "500", "no")), ("nothing_expected", "error")),
        ("12|x", ("failed", "no_subject")),
        ("9|hiddenField|v|short", ("failed", "no_subject")),
        (delta(("updatePanel", "up", "<p>")), ("failed", "no_subject")),
    ],
)  # fmt: skip
def test_a_delta_without_records_says_why(body: str, expected: tuple[str, str]) -> None:
    """A redirect inside a 200 is no view; a broken delta is no "nothing"."""
    assert said(body)[:2] == expected


def test_panels_beside_a_redirect_were_sent_and_count() -> None:
    """The browser has them, whatever it shows."""
    body = delta(
        ("updatePanel", "up", "<b class=nr>6</b>"), ("pageRedirect", "", "%2f")
    )

    assert said(body)[2] == ["6"]


def test_wrong_lengths_and_cuts_leave_what_came_before() -> None:
    """In part, and said."""
    good = delta(("updatePanel", "up", "<b class=nr>7</b>"))

    assert said(good + "5|x|y|ab") == ("partial", "bad_delta", ["7"])
    assert said(good[:-4], state=BodyState.CUT) == ("failed", "cut", [])
    assert said(good[:-1], state=BodyState.CUT) == ("partial", "cut", ["7"])


def test_a_postback_goes_by_its_target_and_by_its_button() -> None:
    """Which of them the server acts on, it decides."""
    asked = (
        "__EVENTTARGET=g&__EVENTARGUMENT=Select%243"
        "&sm=up%7Cg2&ok=Go&pic.x=1&__VIEWSTATE=x"
    )
    view = View(rpc(asked, "", FORM))

    (call,) = calls_of(DIALECTS["webforms"], view)

    assert call.names == ("g", "g:Select$3", "g2", "sm", "ok", "pic.x", "pic")


def test_a_request_that_is_no_postback_asks_for_nothing() -> None:
    """Conditions on operations do not hold for it."""
    ruleset = rule("dialect: webforms, operation: '*', subject: {type: c, id: query.x}")

    assert calls_of(DIALECTS["webforms"], View(rpc("a=1", "", FORM))) == ()
    assert ruleset.read(rpc("a=1", "", FORM, target="/page?x=1")).rule == ""
