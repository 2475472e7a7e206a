"""JSON documents give all their values and never break the reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.json_body import Duplicates, parse_json


def test_a_document_is_read() -> None:
    """Any value, also behind a byte order mark and in windows-1252."""
    assert parse_json(b'{"a": [1, true, null, "x"]}').value == {
        "a": [1, True, None, "x"]
    }
    assert parse_json(b"\xef\xbb\xbf7").value == 7
    assert parse_json(b'"Zo\xeb"', b"text/plain").value == "Zoë"


def test_equal_keys_yield_all_their_values() -> None:
    """Two readers may differ in which one counts, so both are there."""
    value = parse_json(b'{"id": 1, "x": 0, "id": 2, "id": [3]}').value

    assert value == {"id": [1, 2, [3]], "x": 0}
    assert isinstance(value["id"], Duplicates)


@pytest.mark.parametrize(
    "guard", [b")]}',\n", b")]}'", b"while(1);", b"for (;;);", b"{}&& "]
)
def test_a_guard_in_front_is_skipped(guard: bytes) -> None:
    """Answers that are no script on purpose."""
    assert parse_json(guard + b'{"id": 1}').value == {"id": 1}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_json"),
        (b"<html>", "not_json"),
        (b'{"a": 1', "not_json"),
        (b"1 2", "not_json"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
        (b"1" * 5000, "not_json"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    """A value, not an exception."""
    assert parse_json(data) == (None, reason)


@given(st.binary(max_size=60))
def test_no_bytes_raise(data: bytes) -> None:
    """Whatever was sent."""
    parse_json(data)
