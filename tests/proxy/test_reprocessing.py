"""What a better rule finds is added, marked, and added once."""

from __future__ import annotations

from proxy.events import FOUND_LATER, Action, Extraction
from proxy.pseudonym import pseudonym
from proxy.reprocessing import found_later
from tests.support.pages import exchange as page
from tests.support.pages import rule
from tests.support.rows import exchange

KEY = b"k" * 32
UNREAD = exchange(extraction=Extraction.UNMAPPED)
BETTER = rule("subject: {type: client, id: {css: .id}}")
PAGE = page("/page", "<b class=id>5</b><b class=id>6</b>")


def test_views_carry_the_exchange_and_who_asked() -> None:
    """And say that they were found later, by which rule and version."""
    five, six = (found.view for found in found_later(BETTER, PAGE, UNREAD, KEY, 3))

    assert (five.actor, five.started_ns) == (UNREAD.actor, UNREAD.started_ns)
    assert (five.wire, five.connection) == (UNREAD.wire, UNREAD.connection)
    assert five.request_offset == UNREAD.request_offset
    assert five.subject == pseudonym(KEY, "client", "5")
    assert (five.subject_key, five.action) == (3, Action.VIEW)
    assert five.rule == f"{FOUND_LATER}page"
    assert five.ruleset == BETTER.hash
    assert six.position == 1


def test_what_was_found_before_is_not_found_again() -> None:
    """By another version of the rule either; what it finds besides is."""
    known = {found.digest for found in found_later(BETTER, PAGE, UNREAD, KEY, 3)}
    more = page("/page", "<b class=id>5</b><b class=id>7</b>")
    other = rule("subject: {type: client, id: {css: b}}")

    assert found_later(other, PAGE, UNREAD, KEY, 3, known) == []
    (seven,) = found_later(other, more, UNREAD, KEY, 3, known)
    assert seven.view.subject == pseudonym(KEY, "client", "7")


def test_rules_that_find_nothing_add_nothing() -> None:
    """The exchange stays unmapped."""
    assert found_later(BETTER, page("/other", "x"), UNREAD, KEY, 3) == []
