"""A claimed exchange gives its subjects, and says how far that can be trusted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.events import Action, Extraction
from proxy.exchange.model import BodyState
from proxy.extraction import Extracted
from proxy.ruleset import RuleSet
from tests.support.pages import exchange, ids, rule, rules

PATH = rules(
    '  page: {request: "GET /page/{id}", action: view, '
    "subject: {type: client, id: path.id}, data: {health: {css: '#medical'}}}\n"
)
CSS = rule("subject: {type: client, id: {css: '#nr'}}")
LIST = rule("each: {css: 'tr.row'}, subject: {type: client, id: attr.data-id}")


def extracted(
    ruleset: RuleSet,
    target: str,
    body: bytes | str = b"",
    content_type: str = "text/html",
    **options: Any,
) -> Extracted:
    """What the rule set's only rule makes of an exchange."""
    return ruleset.read(exchange(target, body, content_type, **options)).extracted


def status_and_reason(answer: Extracted) -> tuple[str, str]:
    """Both as words."""
    return answer.status.value, answer.reason


def test_the_subject_of_a_page_is_recorded_with_its_categories() -> None:
    """The main job, in one exchange."""
    body = "<h1>x</h1><div id=medical>flu</div>"

    answer = extracted(PATH, "/page/900123", body)

    assert status_and_reason(answer) == ("recorded", "")
    found = answer.subjects[0]
    assert (found.type, found.id, found.action) == ("client", "900123", Action.VIEW)
    assert found.categories == ("health",)


def test_a_category_that_is_not_on_the_page_is_not_recorded() -> None:
    """Which data were *really* shown: an empty container shows none."""
    answer = extracted(PATH, "/page/1", "<div id=medical> </div>")

    assert answer.subjects[0].categories == ()


def test_every_row_of_a_list_is_a_subject_with_its_position() -> None:
    """Lists are views of many."""
    body = "<table><tr class=row data-id=7><tr class=row data-id=8></table>"

    answer = extracted(LIST, "/page", body)

    assert [(found.id, found.position) for found in answer.subjects] == [
        ("7", 0),
        ("8", 1),
    ]


def test_a_list_without_rows_is_recorded_with_no_views() -> None:
    """A search may find nobody."""
    answer = extracted(LIST, "/page", "<p>Geen resultaten</p>")

    assert status_and_reason(answer) == ("recorded", "no_rows")


def test_a_required_list_without_rows_has_failed() -> None:
    """Where the rule says that there must be some."""
    ruleset = rule(
        "each: {css: tr}, required: true, subject: {type: client, id: attr.data-id}"
    )

    answer = extracted(ruleset, "/page", "<p>")

    assert status_and_reason(answer) == ("failed", "no_subject")


def test_rows_without_a_readable_id_make_it_partial() -> None:
    """Some were read, some could not be."""
    body = "<table><tr class=row data-id=7><tr class=row></table>"

    answer = extracted(LIST, "/page", body)

    assert status_and_reason(answer) == ("partial", "unreadable_rows")
    assert ids(answer) == ["7"]


def test_a_list_of_which_no_row_is_readable_has_failed() -> None:
    """A changed screen must not look like nobody viewed."""
    answer = extracted(LIST, "/page", "<table><tr class=row><tr class=row></table>")

    assert status_and_reason(answer) == ("failed", "unreadable_rows")


def test_a_page_without_its_subject_has_failed() -> None:
    """The same of a page about one client."""
    answer = extracted(CSS, "/page", "<p>changed</p>")

    assert status_and_reason(answer) == ("failed", "no_subject")


def test_a_subject_named_twice_counts_once() -> None:
    """One subject shown in one exchange is one view."""
    body = "<table><tr class=row data-id=7><tr class=row data-id=7></table>"

    assert ids(extracted(LIST, "/page", body)) == ["7"]


def test_every_value_of_a_repeated_field_is_a_subject() -> None:
    """Applications differ in which of two they read."""
    ruleset = rule("subject: {type: client, id: query.id}")

    assert ids(extracted(ruleset, "/page?id=1&x=2&id=3")) == ["1", "3"]


def test_several_subject_types_stand_on_one_page() -> None:
    """A client with a partner."""
    ruleset = rule(
        "subjects: [{type: client, id: {css: '#a'}}, "
        "{type: partner, id: {css: '#b'}, action: mention, required: false}]"
    )

    both = extracted(ruleset, "/page", "<i id=a>1</i><i id=b>2</i>")
    alone = extracted(ruleset, "/page", "<i id=a>1</i>")

    assert [(found.type, found.action) for found in both.subjects] == [
        ("client", Action.VIEW),
        ("partner", Action.MENTION),
    ]
    assert status_and_reason(alone) == ("recorded", "")


@pytest.mark.parametrize("status", [302, 403, 404, 500, 100])
def test_other_statuses_show_nothing(status: int) -> None:
    """A refusal is no view."""
    answer = extracted(PATH, "/page/1", "x", status=status)

    assert status_and_reason(answer) == ("nothing_expected", f"status_{status}")


def test_a_rule_may_name_the_statuses_that_count() -> None:
    """A note that was saved answers with a redirect."""
    ruleset = rule("on_status: [302, 4xx], subject: {type: client, id: query.id}")

    assert ids(extracted(ruleset, "/page?id=1", status=302)) == ["1"]
    assert ids(extracted(ruleset, "/page?id=1", status=404)) == ["1"]
    assert ids(extracted(ruleset, "/page?id=1", status=200)) == []


def test_head_shows_nothing() -> None:
    """There is no body to see."""
    ruleset = rules(
        '  page: {request: "/p", action: view, subject: {type: c, id: query.id}}\n'
    )

    answer = extracted(ruleset, "/p?id=1", method="HEAD")

    assert status_and_reason(answer) == ("nothing_expected", "head")


def test_no_response_has_failed() -> None:
    """What was shown is not known."""
    answer = extracted(PATH, "/page/1", answered=False)

    assert status_and_reason(answer) == ("failed", "no_response")


def test_a_304_shows_the_record_again_when_the_request_names_it() -> None:
    """The browser shows the page it kept."""
    answer = extracted(PATH, "/page/1", status=304)

    assert status_and_reason(answer) == ("recorded", "not_modified")
    assert ids(answer) == ["1"]


def test_a_304_whose_subject_was_in_the_body_is_partial() -> None:
    """Something was shown again; who, is not known here."""
    answer = extracted(CSS, "/page", status=304)

    assert status_and_reason(answer) == ("partial", "not_modified")


def test_what_is_there_of_a_truncated_body_is_recorded_as_truncated() -> None:
    """The rest was not read, and that is said."""
    body = "<table><tr class=row data-id=7>"

    answer = extracted(LIST, "/page", body, state=BodyState.TRUNCATED)

    assert status_and_reason(answer) == ("truncated", "body_cap")
    assert ids(answer) == ["7"]


def test_a_cut_body_is_partial() -> None:
    """The browser showed as much as came."""
    body = "<table><tr class=row data-id=7>"

    answer = extracted(LIST, "/page", body, state=BodyState.CUT)

    assert status_and_reason(answer) == ("partial", "cut")


def test_a_body_nobody_can_decode_has_failed() -> None:
    """With the reason of the decoding."""
    coding = [(b"content-encoding", b"gzip")]

    answer = extracted(LIST, "/page", b"\x1f\x8bgarbage", headers=coding)

    assert status_and_reason(answer) == ("failed", "broken_coding")


def test_a_body_that_no_selector_needs_may_be_anything() -> None:
    """A download of one client's file."""
    ruleset = rule("subject: {type: client, id: query.id}")
    coding = [(b"content-encoding", b"secret")]

    answer = extracted(ruleset, "/page?id=1", b"\xff", headers=coding)

    assert status_and_reason(answer) == ("recorded", "")


def test_a_part_of_a_document_is_partial() -> None:
    """206 answers a range."""
    answer = extracted(PATH, "/page/1", "x", status=206)

    assert status_and_reason(answer) == ("partial", "partial_content")


def test_more_rows_than_the_limit_are_truncated() -> None:
    """Shrunk: two rows."""
    ruleset = rules(
        '  page: {request: "GET /page", action: list, each: {json: "[]"}, '
        "subject: {type: client, id: value}}\nlimits: {rows: 2}\n"
    )

    answer = extracted(ruleset, "/page", "[1, 2, 3]", "application/json")

    assert status_and_reason(answer) == ("truncated", "too_many_rows")
    assert ids(answer) == ["1", "2"]


def test_an_id_longer_than_the_limit_is_unreadable() -> None:
    """Shrunk: three characters; a misread page must not become an id."""
    ruleset = rules(
        '  page: {request: "GET /page", action: view, '
        "subject: {type: client, id: query.id}}\nlimits: {identifier: 3}\n"
    )

    assert ids(extracted(ruleset, "/page?id=123")) == ["123"]
    answer = extracted(ruleset, "/page?id=1234")
    assert status_and_reason(answer) == ("failed", "unreadable_subject")


def test_white_space_around_an_id_is_not_part_of_it() -> None:
    """One client has one id."""
    assert ids(extracted(CSS, "/page", "<b id=nr>\n 12\xa0</b>")) == ["12"]


ANYTHING = [
    rule("subject: {type: c, id: {css: '#nr'}}, data: {x: {xpath: '//b'}}"),
    rule("each: {xpath: '//tr'}, subject: {type: c, id: {css: a, attr: href}}"),
    rule("each: {json: 'a[].b'}, subject: {type: c, id: json.id}"),
    rule("each: {regex: '<(\\w+)[^>]*>'}, subject: {type: c, id: group.1}"),
    rule("each: csv, subject: {type: c, id: column.1}"),
    rule("subject: {type: c, id: {regex: '(a+)+b'}}"),
]
CONTENT_TYPES = [
    "text/html", "text/xml", "application/json", "text/csv", "", "text/html; charset=x",
    "text/html; charset=utf-16", "application/xhtml+xml", "image/svg+xml",
]  # fmt: skip
FRAGMENTS = [
    b"<tr>", b"<b id=nr>7</b>", b'{"a":', b"[", b'{"id":1,"id":2}', b"]}", b"\0",
    b"\xff\xfe", b"<![CDATA[", b"<!--", b"&#x0;", b"&a;", b'"', b"\r", b";", b"a",
    b"<!DOCTYPE a [",
    b"<?xml version='1.0' encoding='utf-16'?>", b"<a href='", b"x\n", b"\xed\xa0\x80",
]  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from(FRAGMENTS), max_size=30).map(b"".join),
)


@given(
    ruleset=st.sampled_from(ANYTHING),
    body=BODIES,
    content_type=st.sampled_from(CONTENT_TYPES),
    state=st.sampled_from(BodyState),
    coding=st.sampled_from([b"", b"gzip", b"br", b"zstd", b"deflate", b"what"]),
)
def test_rules_never_raise_and_say_what_came_of_it(
    ruleset: RuleSet, body: bytes, content_type: str, state: BodyState, coding: bytes
) -> None:
    """Whatever the body: a status, and a reason unless all is well."""
    headers = [(b"content-encoding", coding)]

    answer = extracted(
        ruleset, "/page", body, content_type, headers=headers, state=state
    )

    assert answer.reason or answer.status is Extraction.RECORDED
    assert answer.subjects or answer.status is not Extraction.PARTIAL


def test_a_304_of_which_the_request_does_not_name_the_subject_has_failed() -> None:
    """The rule says that it must."""
    ruleset = rule("subject: {type: client, id: query.id}")

    answer = extracted(ruleset, "/page", status=304)

    assert status_and_reason(answer) == ("failed", "no_subject")


@pytest.mark.parametrize(
    ("skip", "found", "reason"),
    [
        ("{id: '^0$'}", ["7", "8"], ""),
        ("{row: Total}", ["7", "0", "8"], ""),
        ("{id: '^0$', row: Total}", ["7", "8"], ""),
        ("{id: '.'}", [], "no_rows"),
    ],
)
def test_what_is_no_record_is_skipped_and_not_unreadable(
    skip: str, found: list[str], reason: str
) -> None:
    """The empty row for typing, the line with the total."""
    ruleset = rule(
        f"each: {{css: tr}}, subject: {{type: c, id: attr.data-id, skip: {skip}}}"
    )
    page = (
        "<table><tr data-id=7><tr data-id=0><tr data-id=8>"
        + ("<tr data-id=0><td>Total" if "row" in skip else "")
        + "</table>"
    )

    read = ruleset.read(exchange("/page", page)).extracted

    assert (Extraction.RECORDED, reason) == read[:2]
    assert found == ids(read)


def test_a_skipped_id_of_a_page_is_no_failure() -> None:
    """The page for typing a new record shows nobody."""
    ruleset = rule("subject: {type: c, id: query.id, skip: {id: '^new$'}}")

    new = ruleset.read(exchange("/page?id=new", "x")).extracted
    old = ruleset.read(exchange("/page?id=7", "x")).extracted

    assert new == Extracted(Extraction.RECORDED, "", [])
    assert ids(old) == ["7"]
