"""The example of docs/gate.md, and bounds that contradict each other."""

from __future__ import annotations

import re
from pathlib import Path

from proxy.config import load, read
from proxy.document import Problems
from proxy.extraction.model import OnFailure
from proxy.ruleset import RuleSet
from proxy.ruleset import load as load_rules
from tests.support.sidecars import Front, write_config

PAGE = Path(__file__).parents[3] / "docs" / "gate.md"


def test_example_of_the_page_is_read_as_it_says(tmp_path: Path) -> None:
    """Its rule set is gated and closed, its bounds are the defaults."""
    rules, bounds = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "rules.yaml").write_text(rules)
    front = Front(
        name="sonar", rules=tmp_path / "rules.yaml", upstream="http://127.0.0.1:1"
    )

    ruleset = load_rules(rules.encode(), "rules.yaml")
    written = load(write_config(tmp_path / "with", [front], more=bounds)).gate
    unwritten = load(write_config(tmp_path / "without", [front])).gate

    assert isinstance(ruleset, RuleSet)
    assert ruleset.gated is OnFailure.CLOSED
    assert written == unwritten
    assert (written.deadline, written.connection, written.total) == (
        2.0,
        8 << 20,
        64 << 20,
    )


def test_one_connection_may_not_hold_more_than_all(tmp_path: Path) -> None:
    """It would never be full."""
    problems = Problems("whosaw.yaml")

    read("gate: {connection: 2MiB, total: 1MiB}", tmp_path / "whosaw.yaml", problems)

    assert "connection ≤ total" in str(problems)
