"""The examples and reasons in docs/attribution.md are true."""

from __future__ import annotations

import re
from pathlib import Path

from proxy.attribution.sessions import SessionLimits
from proxy.attribution.spec import Expiry
from proxy.ruleset.model import RuleSet
from proxy.ruleset.reader import load

ROOT = Path(__file__).parents[3]
PAGES = (
    ROOT / "docs" / "attribution.md",
    *sorted((ROOT / "docs" / "attribution").glob("*.md")),
)
PAGE = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
SOURCE = ROOT / "proxy" / "attribution"


def test_every_example_loads() -> None:
    """A reader copies them."""
    examples = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    assert examples
    for example in examples:
        found = load(example.encode(), "docs/attribution.md")
        assert isinstance(found, RuleSet), str(found)


def test_every_reason_in_the_code_is_on_the_page() -> None:
    """A missing name must say why, and the page must say what that means."""
    text = "".join(file.read_text(encoding="utf-8") for file in SOURCE.rglob("*.py"))
    reasons = set(re.findall(r"reason=\"([a-z_]+)\"", text))
    reasons |= set(re.findall(r"return \"\", \"([a-z_]+)\"", text))
    reasons |= set(re.findall(r"Ended\([^)]*\"([a-z_]{2,})\"\)", text))
    reasons -= {"page_names_another"}

    assert len(reasons) > 10
    assert [reason for reason in sorted(reasons) if f"`{reason}`" not in PAGE] == []


def test_the_defaults_are_those_of_the_page() -> None:
    """Numbers rot first."""
    hour = 3600 * 10**9
    limits, expiry = SessionLimits(), Expiry()

    assert (expiry.idle_ns, expiry.absolute_ns) == (8 * hour, 24 * hour)
    assert "8 h without a request, 24 h since the login" in PAGE
    assert f"{limits.kept:,} bound keys" in PAGE
    assert f"{limits.passing:,} keys that were only issued" in PAGE
    assert f"{limits.facts} facts per key" in PAGE
    assert f"after {limits.forget_after_ns // hour} h unused" in PAGE
