"""JSON is read with every value of every key, within bounds."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.extraction import Unreadable
from proxy.extraction.bodies.tree import MAX_VARIANTS, read_json, variants_of
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


TEXTS = st.sampled_from(
    ['"a"', '"b"', '"\\u0061"', '"\\u003a"', '"\\u003A:"', '":"', '"\\ud800"', '"\t"']
)
DOCUMENTS = st.recursive(
    st.sampled_from(["1", "-0", "1.0", "NaN", "1e999", "9" * 30]) | TEXTS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
        st.lists(
            st.tuples(TEXTS, st.sampled_from([":", " : "]), inner).map("".join),
            max_size=4,
        ).map(lambda members: f"{{{', '.join(members)}}}"),
    ),
    max_leaves=10,
)


@given(DOCUMENTS)
@example('{"a": 1, "a": 2, "b": "\\u003a\\u003a"}')
@example('{"a": 1, "a": ":::", "b" : "\\u003A"}')
@example('{"a" \n: NaN, "b": "\t", "c": "\\ud800"}')
def test_quick_and_thorough_reading_agree(text: str) -> None:
    """Whatever escapes a document hides its colons and doubled keys behind."""
    most = 0

    def doubled(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal most
        most = max(most, *Counter(key for key, _ in pairs).values(), 0)
        return dict(pairs)

    expected = json.loads(text, object_pairs_hook=doubled, strict=False)

    variants = variants_of(text, [])

    assert (len(variants) > 1) == (most > 1)
    assert most > 1 or repr(variants) == repr([expected])
