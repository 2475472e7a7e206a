"""Scalars with a unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.document import Address, parse_address, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("250ms", 0.25), ("10s", 10), ("1.5m", 90), ("8h", 28800), ("7d", 604800)],
)
def test_a_duration_is_seconds(text: str, seconds: float) -> None:
    """Every unit."""
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "10", "s", "-1s", "1 h 2", "1e3s", "\u0661s"])
def test_what_is_no_duration_is_none(text: str) -> None:
    """No guess at a unit."""
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("64KiB", 65536),
        ("8 MiB", 8 << 20),
        ("10MB", 10**7),
        ("1GiB", 1 << 30),
    ],
)
def test_a_size_is_bytes(text: str, size: int) -> None:
    """Powers of two with an i, of ten without."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "x", "1.5MiB", "-1", "8Mb ", "1XB"])
def test_what_is_no_size_is_none(text: str) -> None:
    """No guess either."""
    assert parse_size(text) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("app.example:1", Address("app.example", 1)),
        (":8080", Address("", 8080)),
        ("*:0", Address("", 0)),
        ("[::1]:80", Address("::1", 80)),
    ],
)
def test_an_address_is_host_and_port(text: str, address: Address) -> None:
    """IPv6 in brackets; no host means every interface."""
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "host", "host:", "host:x", "host:65536", "::1:80", "[x]:1", "a b:1"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    """Ambiguous IPv6 without brackets is among these."""
    assert parse_address(text) is None


@pytest.mark.parametrize("text", ["127.0.0.1:8080", "[::1]:80", ":8080"])
def test_an_address_is_written_as_it_is_read(text: str) -> None:
    """Round trip."""
    assert str(parse_address(text)) == text


@given(st.text(max_size=30))
def test_any_text_is_a_value_or_none(text: str) -> None:
    """Nothing raises."""
    parse_address(text)
    parse_duration(text)
    parse_size(text)
