"""Places in HTML and XML."""

from __future__ import annotations

from typing import cast

import pytest

from proxy.extraction import Unreadable, View
from proxy.extraction.bodies.markup import Element
from proxy.extraction.selectors import markup
from proxy.extraction.selectors.markup import (
    Markup,
    compile_css,
    compile_xpath,
    text_of,
)
from tests.support.pages import view


def xpath(expression: str) -> Markup:
    """As the rule set compiles it."""
    return Markup(expression, compile_xpath(expression), bounded=False)


def values(selector: Markup, looked_at: View) -> list[str]:
    """What it finds in the page."""
    return selector.values(looked_at, None)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("count(//b)", ["2"]),
        ("1.5", ["1.5"]),
        ("string(//b)", ["x"]),
        ("true()", [""]),
        ("//b/text()", ["x", "y"]),
        ("//namespace::*", []),
        ("//b[@id]", ["y"]),
    ],
)
def test_an_xpath_may_give_anything(expression: str, expected: list[str]) -> None:
    """Elements, texts, numbers and booleans."""
    assert values(xpath(expression), view("<b>x</b><b id=q>y</b>")) == expected


@pytest.mark.parametrize("path", ["td", "./td", "./td[1]", ".//td", "./x", "td/b"])
@pytest.mark.parametrize("kind", ["text/html", "text/xml"])
def test_a_child_of_a_row_is_found_as_any_other_place(path: str, kind: str) -> None:
    """The short way gives what XPath gives: texts of elements, in order."""
    cells = "<td>1<b>2</b> 3</td><td></td><x:td xmlns:x='u'>4</x:td><!--td-->"
    text = f"<table><tr>{cells}</tr></table>"
    (row,) = xpath("//tr").rows(view(text, kind))

    found = cast("list[Element]", compile_xpath(path)(row))

    values_of_row = xpath(path).values(view(text, kind), row)

    assert values_of_row == [text_of(each) for each in found]


def test_an_xpath_that_fails_is_unreadable() -> None:
    """Found out only when it runs."""
    with pytest.raises(Unreadable, match="selector_failed"):
        values(xpath("nosuch(//b)"), view("<b>x</b>"))


def test_an_xpath_has_no_regular_expressions_of_its_own() -> None:
    """They have no limit of time."""
    with pytest.raises(Unreadable, match="selector_failed"):
        values(xpath("//b[re:test(., '(a+)+b')]"), view("<b>x</b>"))


def test_a_large_page_is_not_searched_by_xpath() -> None:
    """It may take the square of the page's size; CSS does not."""
    large = view("<b>x</b>" + " " * markup.MAX_XPATH_TEXT)

    with pytest.raises(Unreadable, match="too_large_for_xpath"):
        values(xpath("//b"), large)
    assert values(Markup("b", compile_css("b")), large) == ["x"]


def test_a_text_has_its_white_space_as_one_blank_and_is_bounded() -> None:
    """As it is seen, and no longer than an id can be."""
    selector = Markup("b", compile_css("b"))

    assert values(selector, view("<b> a\n <i>b</i>\t</b>")) == ["a b"]
    assert len(values(selector, view("<b>" + "x" * 9999))[0]) == 4096


def test_an_element_without_the_attribute_has_no_value() -> None:
    """Rather than an empty one."""
    selector = Markup("b", compile_css("b"), attr="id")

    assert values(selector, view("<b>x</b><b id=q>y</b>")) == ["q"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_the_same_page_in_any_encoding_gives_the_same_values(encoding: str) -> None:
    """Declared by byte order mark or by the header."""
    body = "<b>Zoë …s</b>" if encoding != "iso-8859-1" else "<b>Zoë \x85s</b>"
    kind = f"text/html; charset={encoding}" if encoding == "iso-8859-1" else "text/html"

    selector = Markup("b", compile_css("b"))

    assert values(selector, view(body.encode(encoding), kind)) == ["Zoë …s"]
