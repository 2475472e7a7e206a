"""Every page of the cookbook loads, and its examples show what it says."""

from __future__ import annotations

import pytest

from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.memory import Memory, SessionMemory
from proxy.ruleset import RuleSet, load
from tests.support.cookbook import page


@pytest.mark.parametrize("word", [*DIALECTS, "redirects"])
def test_the_examples_of_a_page_show_what_it_says(word: str) -> None:
    """One session browses through the page from top to bottom."""
    rules, examples = page(word)
    ruleset = load(rules.encode(), f"docs/cookbook/{word}.md")
    assert isinstance(ruleset, RuleSet), str(ruleset)
    memory = Memory()

    assert len(examples) >= 2
    for example in examples:
        view = ruleset.view(example.exchange)
        view.memory = SessionMemory(memory, (b"session",))
        reading = ruleset.read(view)
        answer = reading.extracted

        lines = [f"{answer.status.value} {answer.reason}".strip()]
        for found in answer.subjects:
            kind = f"{found.type} {found.id} {found.action.value}"
            said = " ".join((found.rule or reading.rule, kind, *found.categories))
            lines.append(said)
        assert lines == example.found
