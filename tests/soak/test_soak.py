"""A soak of some seconds: that it finds what it looks for is ``test_samples``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.load import NEEDED
from tests.soak.run import soak
from tests.support.debian import need


@pytest.mark.timeout(240)
def test_everything_served_in_a_short_soak_is_recorded(tmp_path: Path) -> None:
    """With silent connections beside, of which none is sent away."""
    need(*NEEDED)

    found = soak(tmp_path, seconds=60, exchanges=200, first=0, idle=40, rate=200)

    assert found.exchanges == found.served >= 200
    assert found.gaps == {}
    assert found.idle_open == 40
    roles = {role for role, _ in found.series}
    assert {"recorder", "wire-0", "wire-1", "shipper", "store", "journal"} <= roles
