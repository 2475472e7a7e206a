"""docs/rules.md says what there is, and its example loads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxy.events import Action
from proxy.exchange.model import Exchange
from proxy.ruleset import RuleSet, load
from proxy.ruleset.predicates import READERS
from proxy.ruleset.selectors import SOURCES
from proxy.ruleset.who import SCHEMES
from tests.support.pages import exchange, ids, problems

REFERENCE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text()


def example() -> RuleSet:
    """The rule set at the top of the page."""
    block = re.search(r"```yaml\n(.*?)```", REFERENCE, re.DOTALL)
    assert block is not None
    loaded = load(block[1].encode(), "docs/rules.md")
    assert isinstance(loaded, RuleSet), str(loaded)
    return loaded


@pytest.mark.parametrize(
    ("answer", "rule", "found"),
    [
        (exchange("/client/5", "<p id=medical>x"), "client_detail", ["5"]),
        (
            exchange("/clients", "<table id=results><tr><td><a href='?id=5'>x"),
            "client_search",
            ["5"],
        ),
        (
            exchange("/suggest", '{"clients": [{"id": 5}]}', "application/json"),
            "client_suggest",
            ["5"],
        ),
        (
            exchange("/export?format=csv", "Klantnummer;x\n5;y\n", "text/csv"),
            "client_export",
            ["5"],
        ),
        (
            exchange("/note", method="POST", form="client=5", status=302),
            "note_added",
            ["5"],
        ),
    ],
)
def test_the_example_records_what_it_says(
    answer: Exchange, rule: str, found: list[str]
) -> None:
    """Each of its rules, on a page it is for."""
    reading = example().read(answer)

    assert (reading.rule, ids(reading.extracted)) == (rule, found)


@pytest.mark.parametrize(
    "word",
    [*SOURCES, *READERS, *SCHEMES, *(action.value for action in Action)],
)
def test_every_word_of_the_language_is_in_the_reference(word: str) -> None:
    """Nothing exists that cannot be looked up."""
    assert re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", REFERENCE), word


@pytest.mark.parametrize(
    "text",
    [
        "x: 1",
        "records: {p: {x: 1}}",
        "records: {p: {subject: {x: 1}}}",
        "limits: {x: 1}",
    ],
)
def test_every_key_is_in_the_reference(text: str) -> None:
    """The checker's own list of known keys is the measure."""
    unknown = [line for line in problems(text) if "x: unknown key" in line]
    keys = unknown[0].rpartition("expected one of ")[2].split(", ")

    assert len(keys) > 2
    assert [
        key for key in keys if not re.search(rf"`[^`\n]*\b{key}\b", REFERENCE)
    ] == []
