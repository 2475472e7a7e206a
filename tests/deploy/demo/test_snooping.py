"""The planted cases: nobody's by chance, and a zone in which it is night."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.application.clients import Register, restricted
from deploy.demo.application.staff import ADVISORS
from deploy.demo.snooping import CURIOUS, PLANTED, WELL_KNOWN, write_thresholds
from proxy.detections.catalogue import by_id
from proxy.detections.thresholds import load

_FIRST = datetime(2020, 1, 1)  # noqa: DTZ001 hypothesis adds the zone
_LAST = datetime(2040, 1, 1)  # noqa: DTZ001 as above


@given(st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)))
def test_it_is_past_two_at_night_in_the_zone_of_the_demonstration(
    now: datetime,
) -> None:
    """Whenever it runs, so that no midnight is near."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "thresholds.yaml"
        write_thresholds(path, now)
        found = load(path)

    assert now.astimezone(found.zone).hour == 2


@pytest.mark.parametrize(("account", "detection"), sorted(PLANTED))
def test_what_is_planted_is_by_an_advisor_for_a_detection_that_is_on(
    account: str, detection: str, tmp_path: Path
) -> None:
    """Otherwise nobody could find it."""
    path = tmp_path / "thresholds.yaml"
    write_thresholds(path, datetime.now(UTC))

    assert account in {advisor.account for advisor in ADVISORS}
    assert detection in by_id()
    assert load(path).settings[detection].enabled


def test_the_well_known_client_can_be_opened_and_is_not_the_advisors_case() -> None:
    """Shielded ones answer 403, and a case would be work."""
    register = Register(2005, len(ADVISORS))

    assert not restricted(WELL_KNOWN)
    assert WELL_KNOWN not in register.caseload(CURIOUS.number)
