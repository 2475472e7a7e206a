"""``store.retention``: periods by table, with defaults that fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.config import load
from proxy.errors import UsageError
from proxy.retention.policy import DAY, DEFAULTS, EVERY, FIVE_YEARS, PERIODS
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES

FRONT = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")


def test_every_table_has_a_default_and_may_have_another(tmp_path: Path) -> None:
    """Sessions outlive views."""
    found = load(write_config(tmp_path, [FRONT])).store.retention
    more = "  retention: {every: 0s, views: 550d}\n"
    other = load(write_config(tmp_path, [FRONT], more=more)).store.retention

    assert (found.every, found.shortest) == (EVERY, FIVE_YEARS)
    assert found.seconds == DEFAULTS
    assert (other.every, other.shortest) == (0, 550 * DAY)
    assert other.seconds["sessions"] == PERIODS["sessions"].seconds


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("{views: 5h}", "views"),
        ("{sessions: 30d}", "sessions end before views"),
        ("{nothing: 1d}", "nothing"),
        ("{every: 8d}", "every"),
    ],
)
def test_a_wrong_period_is_a_mistake(tmp_path: Path, said: str, wrong: str) -> None:
    """At its line."""
    with pytest.raises(UsageError, match=wrong):
        load(write_config(tmp_path, [FRONT], more=f"  retention: {said}\n"))
