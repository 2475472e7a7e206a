"""All checks in one run."""

from __future__ import annotations

from pathlib import Path

from proxy.config import load
from proxy.doctor.run import CHECKS, examine
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES, tickets


def test_every_check_speaks_and_none_breaks(tmp_path: Path) -> None:
    """On a config that works and was never started."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = load(write_config(tmp_path, [front]))

        found = list(examine(config))

    assert not [each for each in found if "broke" in each.said]
    assert len({each.check for each in found}) >= len(CHECKS) - 1
