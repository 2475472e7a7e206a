"""Errors look like ClickHouse's."""

from __future__ import annotations

import pytest

from proxy.store.embedded.errors import from_engine


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (62, 400),
        (516, 403),
        (60, 404),
        (159, 408),
        (229, 413),
        (48, 501),
        (202, 503),
        (241, 500),
    ],
)
def test_a_code_gets_the_status_that_clickhouse_gives_it(
    code: int, status: int
) -> None:
    """Clients decide by it."""
    failed = from_engine(f"Streaming query failed: Code: {code}. DB::Exception: x. (X)")

    assert failed.code == code
    assert failed.status == status
    assert failed.message == f"Code: {code}. DB::Exception: x. (X)"


def test_an_engine_message_without_a_code_still_has_one() -> None:
    """Never an error without a number."""
    failed = from_engine("something broke")

    assert failed.code == 1002
    assert "something broke" in failed.message
