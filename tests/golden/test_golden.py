"""Recorded traffic, and what a rule set makes of it: one directory per application.

A fault seen in the field becomes an ``.http`` file here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.app.rulesets import load_file
from proxy.cli.rules import expected_lines
from proxy.ruleset import RuleSet

RECORDINGS = sorted(Path(__file__).parent.glob("*/*.http"))


@pytest.mark.parametrize(
    "path", RECORDINGS, ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_recorded_traffic_gives_what_is_expected(
    path: Path, request: pytest.FixtureRequest
) -> None:
    """Actors, rules, subjects, positions, categories, reasons."""
    ruleset = load_file(path.with_name("rules.yaml"))
    assert isinstance(ruleset, RuleSet), str(ruleset)
    expected = path.with_suffix(".expected.jsonl")

    lines = expected_lines(ruleset, path)

    if request.config.getoption("--rewrite-golden", default=False):
        expected.write_text("".join(f"{line}\n" for line in lines))
    assert expected.read_text().splitlines() == lines
