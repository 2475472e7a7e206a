"""What the recorder's report says of rule sets, as points."""

from __future__ import annotations

from proxy.status import Report
from proxy.telemetry import INSTRUMENTS


def points(name: str, **figures: object) -> dict[str, float]:
    """By application."""
    (found,) = [each for each in INSTRUMENTS if each.name == name]
    report = Report(role="recorder", pid=1, at=0.0, figures=dict(figures))
    return {
        str(attributes["whosaw.application"]): value
        for value, attributes in found.read({"recorder": report})
    }


def test_rules_that_drifted_are_counted_by_application() -> None:
    """Zero for an application whose rules find what they used to."""
    assert points(
        "whosaw.rules.drifted",
        rulesets={"sonar": "0123", "vesta": "4567"},
        drift={"sonar": {"client_search": 12, "caseload": 7}},
    ) == {"sonar": 2.0, "vesta": 0.0}
    assert points("whosaw.rules.drifted") == {}


def test_a_refused_rule_file_is_one_while_it_is_wrong() -> None:
    """And an application without a mistake is zero."""
    assert points(
        "whosaw.ruleset.refused",
        rulesets={"sonar": "0123", "vesta": "4567"},
        rulesets_refused={"vesta": "rules.yaml:3: x"},
    ) == {"sonar": 0.0, "vesta": 1.0}
