"""Salts that stay beside kept leaves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.evidence.kept import pack, unpack

SALTS = st.dictionaries(
    st.integers(2**63, 2**63 + 2**32 - 1), st.binary(min_size=16, max_size=16)
)


@given(SALTS)
def test_salts_come_back_by_number(salts: dict[int, bytes]) -> None:
    """Whatever numbers stay."""
    assert unpack(pack(salts, 2**63), 2**63) == salts


@given(st.text())
def test_what_is_no_such_text_has_none(text: str) -> None:
    """A store may hold anything; nothing is raised."""
    assert isinstance(unpack(text, 1), dict)
    assert unpack("zz", 1) == unpack("00" * 19, 1) == {}
