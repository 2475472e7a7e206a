"""JSON keeps its keys and stays JSON."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from proxy.redaction.json_text import json_text
from proxy.redaction.standin import StandIns

HIDE = StandIns(b"k" * 32)


def test_keys_stay_and_what_they_hold_does_not() -> None:
    """Also escapes, fractions and passwords."""
    data = rb'{"name": "Jansen \u0414\u006a\n", "id": 4711, "x": 1.5e3, "pass": "!1"}'

    hidden = json_text(HIDE, data)

    assert len(hidden) == len(data)
    found = json.loads(hidden)
    assert list(found) == ["name", "id", "x", "pass"]
    assert found["name"].startswith(HIDE.text(b"Jansen").decode())
    assert rb"\u0414" not in hidden
    assert found["id"] == int(HIDE.text(b"4711"))
    assert "!" not in found["pass"]


# RFC 8259 knows neither NaN nor Infinity, which Python writes.
_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(_JSON, st.booleans())
def test_any_document_stays_one_of_the_same_form(value: Any, ensure: bool) -> None:
    """Same keys, same kinds, same length."""
    data = json.dumps(value, ensure_ascii=ensure).encode("utf-8", "replace")

    hidden = json_text(HIDE, data)

    assert len(hidden) == len(data)
    json.loads(hidden, strict=False)
