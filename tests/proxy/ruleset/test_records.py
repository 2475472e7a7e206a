"""Record rules keep everything that is written in them."""

from __future__ import annotations

import pytest

from proxy.events import Action
from proxy.extraction import Assurance, OnFailure
from tests.support.pages import HEAD, problems, rule


def test_assurance_and_on_failure_are_kept() -> None:
    """Whoever relays decides by them."""
    plain = rule("subject: {type: c, id: query.id}").records[0].rule
    strict = rule(
        "subject: {type: c, id: query.id}, assurance: gate, on_failure: closed"
    )

    assert (plain.assurance, plain.on_failure) == (Assurance.OBSERVE, OnFailure.OPEN)
    kept = strict.records[0].rule
    assert (kept.assurance, kept.on_failure) == (Assurance.GATE, OnFailure.CLOSED)


def test_a_subject_may_have_its_own_rows_action_and_need() -> None:
    """The rule's are what it has otherwise."""
    read = rule(
        "each: {css: tr}, subjects: [{type: a, id: attr.id}, "
        "{type: b, id: json.id, each: {json: l}, action: mention, required: true}]"
    )

    first, second = read.records[0].rule.subjects
    assert (first.action, first.required) == (Action.VIEW, False)
    assert (second.action, second.required) == (Action.MENTION, True)
    assert first.each != second.each


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "subject: {type: c, id: query.i}, subjects: []",
            "records.page.subject: given beside subjects; expected",
        ),
        ("subjects: [x]", "records.page.subjects[0]: a value stands here; expected"),
        (
            "subject: {type: c d, id: query.i}",
            "records.page.subject: not a subject type; expected a name",
        ),
        (
            "subject: {type: c, id: query.i}, data: [a b]",
            "records.page.data: not a category's name; expected a name",
        ),
        (
            "subject: {type: c, id: attr.x, each: [a]}",
            "records.page.subject.each: no list; expected {css: …}",
        ),
        (
            "each: {css: [a]}, subject: {type: c, id: attr.x}",
            "records.page.each.css: a list stands here; expected text",
        ),
        (
            "each: {}, subject: {type: c, id: attr.x}",
            "records.page.each: no source; expected one of css, xpath, json, regex",
        ),
        (
            "each: {json: l}, subject: {type: c, id: {css: a}}",
            "records.page.subject.id.css: css and xpath cannot look into rows of json",
        ),
        (
            "each: {css: a}, subject: {type: c, id: {json: a}}",
            "records.page.subject.id.json: json cannot look into rows of css or xpath",
        ),
        (
            "each: {css: a}, subject: {type: c, id: group.1}",
            "records.page.subject.id: group cannot look into rows of css or xpath",
        ),
        (
            "subject: {type: c, id: [a]}",
            "records.page.subject.id: a list stands here; expected a selector",
        ),
        (
            "subject: {type: c, id: {css: [a]}}",
            "records.page.subject.id.css: a list stands here; expected text",
        ),
        (
            "subject: {type: c, id: {css: 'tr ~ tr'}}",
            "records.page.subject.id.css: not readable: ~ compares all siblings",
        ),
        (
            "subject: {type: c, id: queri.id}",
            "records.page.subject.id: 'queri.id' is no selector; expected",
        ),
    ],
)
def test_a_mistake_in_a_record_rule_is_told(body: str, said: str) -> None:
    """With the key it stands at; more than these are in test_reader."""
    text = HEAD + f"  page: {{request: /page, action: view, {body}}}\n"

    found = problems(text)

    assert any(line.startswith(f"rules.yaml:4: {said}") for line in found), found


def test_a_near_miss_of_a_selector_is_suggested_whole() -> None:
    """Ready to be copied."""
    text = HEAD + "  page: {request: /p, action: view, subject: {type: c, id: qury.x}}"

    assert problems(text)[0].endswith("did you mean query.x?")
