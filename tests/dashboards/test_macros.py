"""Macros as the plugin's own tests show them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.macros import Range, expand

AT = Range(
    since=datetime(2014, 11, 12, 11, 45, 26, tzinfo=UTC),
    until=datetime(2015, 11, 12, 11, 45, 26, tzinfo=UTC),
    interval_s=20,
    variables={"one": "it's", "two": ("a", "b"), "all": "$__all"},
)


@pytest.mark.parametrize(
    ("sql", "expanded"),
    [
        ("$__fromTime", "toDateTime(1415792726)"),
        ("$__toTime", "toDateTime(1447328726)"),
        ("$__fromTime_ms", "fromUnixTimestamp64Milli(1415792726000)"),
        (
            "$__timeFilter(c)",
            "c >= toDateTime(1415792726) AND c <= toDateTime(1447328726)",
        ),
        (
            "$__timeFilter_ms(c)",
            (
                "c >= fromUnixTimestamp64Milli(1415792726000) AND c <= "
                "fromUnixTimestamp64Milli(1447328726000)"
            ),
        ),
        ("$__dateFilter(d)", "d >= toDate('2014-11-12') AND d <= toDate('2015-11-12')"),
        ("$__timeInterval(c)", "toStartOfInterval(toDateTime(c), INTERVAL 20 second)"),
        ("$__interval_s", "20"),
        ("$__conditionalAll(x IN (${two:singlequote}), $two)", "x IN ('a','b')"),
        ("$__conditionalAll(x IN (${all:singlequote}), $all)", "1=1"),
        ("${one:singlequote}", "'it\\'s'"),
        ("${__from:date:iso}", "2014-11-12T11:45:26.000Z"),
    ],
)
def test_a_macro_becomes_what_the_plugin_makes_of_it(sql: str, expanded: str) -> None:
    """Text for text."""
    assert expand(sql, AT) == expanded


@pytest.mark.parametrize("sql", ["$__unknown(x)", "$free", "$__timeFilter(x"])
def test_what_the_plugin_does_not_know_is_an_error(sql: str) -> None:
    """It would reach the store as text."""
    with pytest.raises(ValueError, match=r"macro|left over|closed"):
        expand(sql, AT)
