"""A small organisation's month: what is planted is found, the rest left alone."""

from __future__ import annotations

from collections import Counter

import pytest

from proxy.detections.catalogue import by_id
from tests.detections_report.report import report
from tests.support.embedded import EmbeddedStore


@pytest.mark.timeout(240)
def test_what_is_planted_is_found_and_few_others_are(
    embedded_store: EmbeddedStore,
) -> None:
    """One case of every kind among some tens of people; as the report is made."""
    found = report(embedded_store.store(), users=60, days=14, each=1, seed=7)

    assert Counter(case.kind for case in found.cases) == dict.fromkeys(by_id(), 1)
    assert found.recall == 1, found.lines()
    assert found.precision >= 0.5, found.lines()
    assert found.lines()[-1].startswith("recall 1.00; precision 0.")
