"""The cookbook's page about HTML loads, and its examples show what it says."""

from __future__ import annotations

from proxy.ruleset import RuleSet, load
from tests.support.cookbook import page


def test_the_examples_of_the_page_show_what_it_says() -> None:
    """Scopes, skipped rows, transforms, mentions, a login page."""
    rules, examples = page("html")
    ruleset = load(rules.encode(), "docs/cookbook/html.md")
    assert isinstance(ruleset, RuleSet), str(ruleset)

    assert len(examples) == 3
    for example in examples:
        reading = ruleset.read(example.exchange)
        answer = reading.extracted

        lines = [f"{answer.status.value} {answer.reason}".strip()]
        for found in answer.subjects:
            kind = f"{found.type} {found.id} {found.action.value}"
            lines.append(" ".join((reading.rule, kind, *found.categories)))
        assert example.found == lines
