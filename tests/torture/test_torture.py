"""Forty runs of the torture; ``make torture`` does a thousand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.__main__ import run
from tests.torture.judge import summary


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", [1, 11, 21, 31])
def test_nothing_acknowledged_is_lost_by_kills_and_outages(
    first: int, tmp_path: Path
) -> None:
    """Whatever is killed, stopped or full: the application's account is explained."""
    results = run(range(first, first + 10), tmp_path, None)

    verdicts = [result.verdict for result in results]
    served = sum(int(result.figures["served"]) for result in results)
    assert summary(verdicts) == (
        "lost 0, duplicates 0, unexplained 0, gate violations 0 in 10 runs"
    ), [
        (str(result.plan), result.verdict.examples)
        for result in results
        if not result.verdict.clean
    ]
    assert served > 100, "the people hardly worked: nothing was shown"
