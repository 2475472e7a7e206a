"""JSON is read with every value of every key, within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction import Unreadable
from proxy.extraction.bodies.tree import MAX_VARIANTS, read_json
from tests.support.pages import view


def test_a_document_is_its_only_variant() -> None:
    """The ordinary case."""
    assert read_json(view('{"a": [1, "x", null]}')) == [{"a": [1, "x", None]}]


@pytest.mark.parametrize(
    "body",
    [
        '{"a":1}',
        '\ufeff {"a":1}',
        ')]}\',\n{"a":1}',
        'while(1);{"a":1}',
        'for (;;);{"a":1}',
        'cb({"a":1});',
        '/**/jQuery.cb_1({"a":1})',
    ],
)
def test_guards_and_wrappers_are_skipped(body: str) -> None:
    """As the script that reads it does."""
    assert read_json(view(body)) == [{"a": 1}]


def test_doubled_keys_give_a_variant_for_each_value() -> None:
    """Readers differ in which one counts."""
    body = '{"c": {"id": 1}, "c": {"id": 2}, "d": 3, "l": [{"x": 1, "x": 4}]}'

    assert read_json(view(body)) == [
        {"c": {"id": 1}, "d": 3, "l": [{"x": 1}]},
        {"c": {"id": 2}, "d": 3, "l": [{"x": 4}]},
    ]


def test_variants_are_bounded_and_the_rest_is_said() -> None:
    """A key repeated a thousand times."""
    looked_at = view("{" + ",".join('"a":1' for _ in range(1000)) + "}")

    assert len(read_json(looked_at)) == MAX_VARIANTS
    assert looked_at.flaws == ["too_many_duplicates"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not_json"),
        ("<html>", "not_json"),
        ('{"a":', "not_json"),
        ("1" * 10_000, "not_json"),
        ("[" * 100_000, "too_deep"),
        ('{"a":1,"a":' + "[" * 900 + "]" * 900 + "}", "too_deep"),
    ],
)
def test_what_is_no_document_is_unreadable(body: str, reason: str) -> None:
    """With the reason why."""
    with pytest.raises(Unreadable, match=reason):
        read_json(view(body))


@given(st.text(alphabet='{}[]",:1ae \\', max_size=60))
def test_any_text_is_a_document_or_unreadable(text: str) -> None:
    """Nothing else is raised."""
    try:
        assert read_json(view(text))
    except Unreadable as failure:
        assert failure.reason  # noqa: PT017 - either outcome is right
