"""Reasons are stored with gaps, so they are documented and stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.exchange import reasons
from proxy.exchange.reasons import Reason

PAGE = Path(__file__).parents[3] / "docs" / "exchange.md"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_documented(reason: Reason) -> None:
    """Whoever reads a gap finds what it means."""
    assert f"`{reason.value}`" in PAGE.read_text(encoding="utf-8")


def test_every_reason_of_ambiguity_is_in_the_decision_table() -> None:
    """Bounds and cut heads apart, which decide nothing."""
    table = reasons.__doc__ or ""
    apart = {
        Reason.HEAD_CUT,
        Reason.TOO_MANY_HEADERS,
        Reason.TOO_MANY_PENDING,
        Reason.TRAILERS_TOO_LARGE,
    }

    assert [reason for reason in Reason if reason not in table] == sorted(
        apart, key=list(Reason).index
    )
