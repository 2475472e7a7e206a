"""``quarantine``: off unless it names a key."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.config import load
from proxy.errors import UsageError
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES

FRONT = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")


def test_nothing_is_kept_unless_a_key_is_named(tmp_path: Path) -> None:
    """Beside the config, like every path."""
    assert load(write_config(tmp_path, [FRONT])).quarantine is None
    more = "quarantine: {key: a.pub, most: 2MiB, days: 3}\n"

    found = load(write_config(tmp_path, [FRONT], more=more)).quarantine

    assert found is not None
    assert (found.key, found.most, found.days) == (tmp_path / "a.pub", 2 << 20, 3)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("{most: 2MiB}", "no key"),
        ("{key: a, days: 0}", "days"),
        ("{key: a, x: 1}", "x"),
    ],
)
def test_a_wrong_quarantine_is_a_mistake(tmp_path: Path, said: str, wrong: str) -> None:
    """At its line."""
    with pytest.raises(UsageError, match=wrong):
        load(write_config(tmp_path, [FRONT], more=f"quarantine: {said}\n"))
