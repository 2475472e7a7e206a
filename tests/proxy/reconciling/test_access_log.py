"""Lines of access logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.reconciling.access_log import Logged, Unreadable, path_of, read

COMMON = '192.0.2.1 - jan [10/Oct/2026:13:55:36 +0200] "GET /c/1?q=2 HTTP/1.1" 200 23'
AT = datetime(2026, 10, 10, 13, 55, 36, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    "line",
    [
        COMMON,
        COMMON + ' "http://example/" "Mozilla/5.0 \\"x\\""',
        COMMON.replace("- jan", '- "jan de vries"'),
        COMMON.replace("HTTP/1.1", "HTTP/1.0"),
        COMMON.replace("/c/1?q=2", "http://host.example/c/1;jsessionid=AB?q=2"),
    ],
)
def test_common_and_combined_lines_are_read(line: str) -> None:
    """Query and path parameters are left out, as rows have them."""
    assert list(read([line])) == [Logged(1, AT, "GET", "/c/1", 200)]


def test_w3c_lines_are_read_by_their_fields_directive() -> None:
    """In whatever order IIS was told to write them; times are UTC."""
    lines = [
        "#Software: Microsoft Internet Information Services 10.0",
        "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query sc-status",
        "2026-10-10 11:55:36 10.0.0.1 GET /c/1 q=2 200",
        "#Fields: time date sc-status cs-uri-stem cs-method",
        "11:55:37 2026-10-10 404 /c/2 POST",
    ]

    assert list(read(lines)) == [
        Logged(3, datetime(2026, 10, 10, 11, 55, 36, tzinfo=UTC), "GET", "/c/1", 200),
        Logged(5, datetime(2026, 10, 10, 11, 55, 37, tzinfo=UTC), "POST", "/c/2", 404),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        COMMON.replace("Oct", "Okt"),
        COMMON.replace("200", "2000"),
        COMMON.replace('"GET /c/1?q=2 HTTP/1.1"', '"-"'),
        "x" * 100_000,
    ],
)
def test_a_line_that_says_nothing_is_given_back_with_its_number(line: str) -> None:
    """It must not look like one that agrees."""
    assert list(read(["", line])) == [Unreadable(2)]


@given(st.text())
def test_no_line_ends_the_reading(line: str) -> None:
    """Access logs hold what attackers send."""
    assert len(list(read([line, COMMON]))) <= 2


def test_a_target_without_a_path_is_the_root() -> None:
    """As rows have it."""
    assert [path_of(each) for each in ("?a", "http://h", "*", "/a;b/c;d")] == [
        "/",
        "/",
        "*",
        "/a/c",
    ]
