"""Kept frames carry their own time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.taplink.kept import Kept, time_of, timed
from proxy.tapstream import Kind, pack_header


@given(st.lists(st.integers(0, 2**63 - 1), max_size=20))
def test_the_time_of_a_frame_is_that_of_its_header(times: list[int]) -> None:
    """Whatever else it carries, and in the order the frames are kept."""
    kept: list[Kept] = [
        (n, pack_header(Kind.DATA_UP, 7, n, time_ns, 3), b"abc")
        for n, time_ns in enumerate(times)
    ]

    assert [time_of(each) for each in kept] == times
    assert [each[0] for each in timed(kept)] == times
    assert all(payload == b"abc" for _, _, payload in timed(kept))
