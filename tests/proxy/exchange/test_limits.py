"""Bounds of reading."""

from __future__ import annotations

import pytest

from proxy.exchange.limits import Limits


@pytest.mark.parametrize(("body", "stream_from"), [(100, 1_000), (1_000, 100)])
def test_what_is_kept_whole_is_within_both_bounds(body: int, stream_from: int) -> None:
    """A body is offered to a stream before it could be cut."""
    assert Limits(body=body, stream_from=stream_from).at_once == 100
