"""The word of a recorder, on the wire and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.tapgate import EVERYTHING, Release

OFFSETS = st.integers(0, EVERYTHING)


@given(
    st.builds(
        Release,
        OFFSETS,
        OFFSETS,
        OFFSETS,
        st.booleans(),
        st.booleans(),
        st.booleans(),
    )
)
def test_every_release_arrives_as_it_was_said(release: Release) -> None:
    """The offset travels in the frame's header, the rest in its payload."""
    assert Release.of(release.offset, release.payload()) == release


@pytest.mark.parametrize("payload", [b"", b"x" * 16, b"x" * 18])
def test_payload_of_another_size_is_no_release(payload: bytes) -> None:
    """The stream has lost its framing, and must not open a gate."""
    with pytest.raises(ValueError, match="17 bytes"):
        Release.of(1, payload)
