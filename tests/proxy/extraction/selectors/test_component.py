"""Records of a business component as rows."""

from __future__ import annotations

import pytest

from proxy.extraction import Settings, Unreadable, View
from proxy.extraction.dialects.base import shown_by
from proxy.extraction.dialects.siebel import SIEBEL
from proxy.extraction.selectors.base import RowKind
from proxy.extraction.selectors.component import ComponentRows
from tests.support.dialects import layout, record
from tests.support.pages import view

ROWS = ComponentRows("Account")
BODY = layout("Account", ("Id",), record("1"), record("2"), record("3"))


def looked_at(body: str, settings: Settings | None = None) -> View:
    """What the dialect shows of a body."""
    return shown_by(SIEBEL, view(body, settings=settings))


def test_rows_are_records_that_json_selectors_look_into() -> None:
    """Those of other components are not among them."""
    assert ROWS.kind is RowKind.JSON
    assert ROWS.rows(looked_at(BODY)) == [{"Id": "1"}, {"Id": "2"}, {"Id": "3"}]
    assert ComponentRows("Contact").rows(looked_at(BODY)) == []


def test_one_row_more_than_the_bound_is_given() -> None:
    """So that the bound is seen to be hit."""
    assert len(ROWS.rows(looked_at(BODY, Settings(rows=1)))) == 2


def test_a_body_that_is_no_property_set_has_no_components() -> None:
    """Which is no empty list."""
    with pytest.raises(Unreadable, match="not_siebel"):
        ROWS.rows(looked_at("<html>"))
