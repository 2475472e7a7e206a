"""CSS finds what browsers find, in linear time."""

from __future__ import annotations

import pytest
from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector

from proxy.extraction.bodies.markup import read_markup
from proxy.extraction.selectors.markup import compile_css
from tests.support.pages import view

PAGE = read_markup(
    view(
        "<div id=a class='x y'><table id=t><tr class=h><th>1<th>2"
        "<tr data-id=7><td>a<td class=n>b<a href='/c?id=7'>c</a>"
        "<tr data-id=8><td>d<td>e<td>f<a href=x>g</a></table>"
        "<p>h</p><p class=y>i <b>j</b></p><span>k</span><p>l</p></div>"
        "<ul><li>m</ul><input type=checkbox checked><x-y>n</x-y>"
    )
)


@pytest.mark.parametrize(
    "expression",
    [
        "*", "tr", "TR", "#t", ".x", ".x.y", "div.y", "[data-id]", "tr[data-id='7']",
        "a[href^='/c']", "a[href$='7']", "a[href*=id]", "tr td", "table tr td", "#t a",
        "tr > td", "div > table tr > td > a", "table > tr", "p + p", "p + span",
        "tr + tr td", "tr:first-child", "td:last-child", "td:nth-child(2)",
        "tr:nth-child(n+2)", "tr:nth-child(-n+2)", "td:nth-child(n)", "td:nth-child(0)",
        "td:nth-last-child(1)", "td:nth-last-child(n+2)", "p:nth-of-type(2)",
        "p:nth-last-of-type(1)", "p:first-of-type", "p:last-of-type", "li:only-child",
        "b:only-of-type", "span:only-of-type", "tr:not(.h)", "tr:not(:first-child)",
        "tr:has(a)", "td:has(> a)", "tr:has(td.n) a", "td, th", "p.y, #t a, li",
        ":root", "p:empty", ":checked", "x-y", "* > b", "div *", "td:contains('b')",
        ":is(td, th)", "tr:nth-child(-1)",
    ],
)  # fmt: skip
def test_css_finds_what_the_usual_translation_finds(expression: str) -> None:
    """Only faster."""
    expected = CSSSelector(expression, translator="html")(PAGE)

    found = compile_css(expression)(PAGE)

    assert found == expected


@pytest.mark.parametrize(
    "expression",
    ["p ~ p", "tr:nth-child(2n+1)", "tr:nth-child(odd)", "td:nth-child(5000)",
     "a::before", "*:first-of-type", "td:nth-child(x)", "a[", "", "a:hovering"],
)  # fmt: skip
def test_what_compares_siblings_or_is_no_css_is_refused(expression: str) -> None:
    """When the rule set is read, not when a large page comes."""
    with pytest.raises(SelectorError):
        compile_css(expression)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "expression",
    [
        "table tr td", "tr > td", "tr + tr", "tr:first-child", "tr:last-child a",
        "td, tr", "tr:nth-child(n+2) td", "tr:has(a)", "tr:not(:first-child)",
        "tr:nth-last-child(3)",
    ],
)  # fmt: skip
def test_a_selector_takes_linear_time(expression: str) -> None:
    """On 100,000 rows, where quadratic time would not end before the test is
    stopped."""
    parser = etree.HTMLParser(huge_tree=True)
    page = etree.fromstring("<table>" + "<tr><td><a>x</a>" * 100_000, parser)

    assert isinstance(compile_css(expression)(page), list)
