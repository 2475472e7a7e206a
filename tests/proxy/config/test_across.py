"""Which sidecars are compared, as the config says."""

from __future__ import annotations

from pathlib import Path

from proxy.config import Across, Config, read
from proxy.document import Problems


def config(text: str) -> tuple[Config | None, str]:
    """The config of a text, and what is wrong with it."""
    problems = Problems("whosaw.yaml")
    found = read(text, Path("whosaw.yaml"), problems)
    return found, str(problems)


APPLICATION = """
applications:
  sonar: {rules: r.yaml, listen: "127.0.0.1:1", upstream: "http://127.0.0.1:2"}
"""


def test_nodes_are_compared_when_they_are_listed() -> None:
    """Once a minute, with clocks two seconds apart at most."""
    found, problems = config(APPLICATION + "across: {nodes: [a, b, a]}\n")

    assert found is not None
    assert found.across == Across(nodes=("a", "b"), clock_skew=2.0, every=60.0)
    alone, _ = config(APPLICATION)
    assert alone is not None
    assert alone.across is None, problems


def test_one_node_is_not_compared_with_itself() -> None:
    """The mistake is told with its place."""
    _, problems = config(APPLICATION + "across:\n  nodes: [a]\n")

    assert "fewer than two nodes" in problems
    assert "whosaw.yaml:5" in problems
