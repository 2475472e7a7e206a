"""Context: what somebody searched for, in one spelling."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction.context import MAX_TERM, MOST_TERMS
from tests.support.pages import exchange, problems, rule

SEARCH = rule(
    "each: {css: tr}, subject: {type: c, id: text}, "
    "context: {term: query.q, sort: {query: s, keep: plain}}"
)


def test_terms_are_found_in_one_spelling() -> None:
    """Case and white space make no difference; an empty field is no term."""
    read = SEARCH.read(exchange("/page?q=++DE++wit&q=&s=Name&q=de+Wit", "x"))

    assert list(read.context) == [("term", "de wit", False), ("sort", "name", True)]


def test_a_search_without_results_has_its_terms_too() -> None:
    """That somebody looked for a name counts, found or not."""
    read = SEARCH.read(exchange("/page?q=jansen", "<p>nobody"))

    assert (read.extracted.reason, read.context[0].value) == ("no_rows", "jansen")


def test_a_place_that_cannot_be_read_has_no_term() -> None:
    """The others are kept."""
    ruleset = rule(
        "subject: {type: c, id: query.id}, context: {a: {json: x}, b: query.id}"
    )

    read = ruleset.read(exchange("/page?id=1", "<html>"))

    assert list(read.context) == [("b", "1", False)]


@given(st.lists(st.text("aB é", max_size=400), max_size=30))
def test_terms_are_bounded(values: list[str]) -> None:
    """In number and length."""
    query = "&".join(f"q={value.encode('latin-1').hex()}" for value in values)

    read = SEARCH.read(exchange(f"/page?{query}", "x"))

    assert len(read.context) <= MOST_TERMS
    assert all(len(term.value) <= MAX_TERM for term in read.context)


def test_mistakes_are_told_with_their_place() -> None:
    """What is kept, and how it is called."""
    told = problems(
        "application: a\nrecords:\n  p:\n    request: /p\n    action: view\n"
        "    subject: {type: c, id: query.id}\n    context:\n"
        "      term: {query: q, keep: plane}\n      a b: query.q\n      c: qery.q\n"
    )

    said = [line.partition(";")[0].removeprefix("rules.yaml:") for line in told]
    assert said[:2] == [
        "8: records.p.context.term.keep: 'plane' is not right",
        "9: records.p.context.a b: not a name",
    ]
    assert told[2].endswith("did you mean query.q?")
