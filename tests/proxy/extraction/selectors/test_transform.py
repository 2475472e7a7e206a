"""Transforms: one client has one id, however a page spells it."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.events import Extraction
from proxy.extraction import Extracted
from proxy.extraction.selectors.transform import STEPS
from tests.support.pages import exchange, ids, problems, rule, rules

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def transformed(value: str, steps: str) -> list[str]:
    """The ids of a page whose only row is this value."""
    ruleset = rule(
        "each: {json: '@'}, required: false, "
        f"subject: {{type: c, id: {{json: '@', transform: {steps}}}}}"
    )
    page = exchange("/page", json.dumps([value]), "application/json")
    return ids(ruleset.read(page).extracted)


@pytest.mark.parametrize(
    ("value", "steps", "expected"),
    [
        ("Jan%20de%20Wit", "percent", ["Jan de Wit"]),
        ("Ren%E9", "percent", ["René"]),
        ("a+b%2Bc", "percent", ["a+b+c"]),
        ("NDI=", "base64", ["42"]),
        ("NDI", "base64", ["42"]),
        ("_-8", "base64", ["ÿï"]),
        ("D&#39;Arc", "html", ["D'Arc"]),
        (r"K\u002d42", "json", ["K-42"]),
        (r'"K\u002d42"', "json", ["K-42"]),
        ("000042", "strip_zeros", ["42"]),
        ("0000", "strip_zeros", ["0"]),
        ("ab", "upper", ["AB"]),
        ("AB", "lower", ["ab"]),
        ("  x ", "trim", ["x"]),
        ("client-7/client-8", r"{regex: 'client-(\d)'}", ["7", "8"]),
        ("1234.56.782", '{replace: [".", ""]}', ["123456782"]),
        ("1,,2, ", '{split: ","}', ["1", "2"]),
        ("MDAwMDQy%3D", "[percent, base64, strip_zeros]", ["42"]),
        ("k:7;k:8", r"[{split: ';'}, {replace: ['k:', 'K']}]", ["K7", "K8"]),
    ],
)
def test_each_step_does_what_the_reference_says(
    value: str, steps: str, expected: list[str]
) -> None:
    """One step, and several in the order written."""
    assert expected == transformed(value, steps)


@pytest.mark.parametrize(
    ("value", "steps"),
    [("4%2", "base64"), ("é", "base64"), ('a"b', "json"), ("42", "{regex: 'K(x)'}")],
)
def test_a_text_that_a_step_cannot_read_is_unreadable(value: str, steps: str) -> None:
    """Rubbish is no id: the row is counted as one that could not be read."""
    ruleset = rule(
        f"each: {{json: '@'}}, subject: {{type: c, id: {{json: '@', "
        f"transform: {steps}}}}}"
    )
    page = exchange("/page", json.dumps([value]), "application/json")

    read = ruleset.read(page).extracted

    assert read == Extracted(Extraction.FAILED, "unreadable_rows", [])


@given(TEXT)
def test_a_spelling_is_undone_whatever_it_spells(text: str) -> None:
    """Percent, base64, HTML and JSON give back what was put in."""
    assert text == STEPS["percent"](quote(text))
    assert text == STEPS["html"](html.escape(text)) or "&" in text
    assert text == STEPS["json"](json.dumps(text))


@given(st.text(max_size=80), st.sampled_from(sorted(STEPS)))
def test_no_text_makes_a_step_raise(text: str, word: str) -> None:
    """Traffic is hostile; what comes out can be hashed."""
    changed = STEPS[word](text)

    if changed is not None:
        assert isinstance(changed.encode("utf-8", "surrogatepass"), bytes)


@given(st.binary(max_size=40))
def test_base64_of_any_bytes_is_read(data: bytes) -> None:
    """UTF-8 where it is valid, else as ISO 8859-1; in both alphabets."""
    for text in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        assert STEPS["base64"](text.decode()) is not None


def test_a_split_into_more_values_than_allowed_is_told() -> None:
    """``limits.rows`` bounds it; the exchange fails where it can be seen."""
    ruleset = rules(
        "  p: {request: GET /p, action: view, subject: {type: c, "
        'id: {query: ids, transform: {split: ","}}}}\n',
        head="application: a\nlimits: {rows: 3}\nrecords:\n",
    )

    few = ruleset.read(exchange("/p?ids=1,2,3", "x")).extracted
    many = ruleset.read(exchange("/p?ids=1,2,3,4", "x")).extracted

    assert ids(few) == ["1", "2", "3"]
    assert many[:2] == (Extraction.FAILED, "too_many_values")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("precent", "'precent' is no transform"),
        ("[[trim]]", "a list stands here"),
        ("{regx: x}", "unknown key; did you mean regex?"),
        ("{regex: '('}", "not usable"),
        ("{regex: [x]}", "a list stands here"),
        ("{replace: x}", "not old and new"),
        ("{replace: ['', x]}", "not old and new"),
        ("{split: ''}", "no separator"),
        ("{split: [x]}", "a list stands here"),
        ("{}", "nothing is stated"),
        ("{split: x, regex: y}", "several: regex, split"),
        ("[" + "trim, " * 17 + "]", "17 steps; expected at most 16"),
    ],
)
def test_mistakes_are_told_with_their_place(steps: str, expected: str) -> None:
    """Line and key; the nearest word where there is one."""
    told = problems(
        "application: a\nrecords:\n  p: {request: /p, action: view, subject:\n"
        f"    {{type: c, id: {{query: x, transform: {steps}}}}}}}\n"
    )

    assert len(told) == 1
    assert told[0].startswith("rules.yaml:4: records.p.subject.id.transform")
    assert expected in told[0]


def test_a_transform_says_what_was_probably_meant() -> None:
    """The nearest step."""
    told = problems(
        "application: a\nrecords:\n  p: {request: /p, action: view, subject:\n"
        "    {type: c, id: {query: x, transform: precent}}}\n"
    )

    assert told[0].endswith("did you mean percent?")


def test_a_category_is_present_when_a_value_remains() -> None:
    """``data`` takes transforms as well."""
    ruleset = rule(
        "subject: {type: c, id: query.id}, "
        "data: {a: {css: b, transform: trim}, b: {css: i, transform: trim}}"
    )

    read = ruleset.read(exchange("/page?id=1", "<b>x</b>")).extracted

    assert read.subjects[0].categories == ("a",)
