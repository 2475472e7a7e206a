"""HTML and XML are read as they are in the wild, within bounds."""

from __future__ import annotations

import pytest

from proxy.extraction import Unreadable
from proxy.extraction.bodies.attributes import MAX_ATTRIBUTES
from proxy.extraction.bodies.markup import read_markup
from tests.support.pages import view


def count(body: bytes | str, kind: str = "text/html", path: str = "//tr") -> int:
    """How many elements an XPath finds."""
    found = read_markup(view(body, kind)).xpath(path)
    assert isinstance(found, list)
    return len(found)


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><td>a<tr><td>b",
        "<tr></tr>x<tr>",
        "<table><tr></tr>\0<tr></tr></table>",
        b"<table><tr>\xff\xfe</tr><tr></table>",
        "<table><tr></tr><!-- <tr> --><tr></tr>",
        "<script>'<tr>'</script><tr></tr><tr>",
    ],
)
def test_broken_html_is_read_as_browsers_do(body: bytes | str) -> None:
    """Unclosed, misplaced, with bytes that do not belong."""
    assert count(body) == 2


def test_xml_names_lose_their_namespaces() -> None:
    """So that a path needs none."""
    assert count('<a xmlns:x="u"><x:tr id="1"/></a>', "text/xml") == 1
    assert count('<a xmlns="u"><tr/></a>', "application/soap+xml") == 1


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ("", "text/html", "no_markup"),
        ("  ", "text/html", "no_markup"),
        ("<a>", "text/xml", "bad_xml"),
        ("", "text/xml", "bad_xml"),
        ("<a>" * 5000, "text/xml", "bad_xml"),
        (
            "<!DOCTYPE a [<!ENTITY x0 'aaaaaaaaaa'>"
            + "".join(f"<!ENTITY x{i} '{f'&x{i - 1};' * 10}'>" for i in range(1, 10))
            + "]><a>&x9;</a>",
            "text/xml",
            "xml_entities",
        ),
    ],
)
def test_what_is_no_document_is_unreadable(body: str, kind: str, reason: str) -> None:
    """Bombs among them."""
    with pytest.raises(Unreadable, match=reason):
        read_markup(view(body, kind))


def test_an_external_entity_is_not_read() -> None:
    """A page cannot make the recorder open files: what declares any is refused."""
    body = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a><b>&x;</b></a>'

    with pytest.raises(Unreadable, match="xml_entities"):
        read_markup(view(body, "text/xml"))


def test_deep_nesting_is_read_in_part_and_said() -> None:
    """libxml2 stops at 256 levels."""
    looked_at = view("<table><tr></table>" + "<div>" * 100_000)

    read_markup(looked_at)

    assert looked_at.flaws == ["too_deep"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<tr {}>",
        "<tr b' c=\"'>\" {}>",
        "<script>x<a b='</script><tr {}'>",
        "<!-- ' --><tr {}>",
        "<tr a='>' {}>",
        "<tr b=x'y {}'>",
        '<title>"</title><tr {}>',
    ],
)
def test_a_tag_with_countless_attributes_is_refused_however_it_hides(
    hidden: str,
) -> None:
    """It would cost minutes."""
    attributes = " ".join(f"a{i}=1" for i in range(MAX_ATTRIBUTES * 4))

    with pytest.raises(Unreadable, match="too_many_attributes"):
        read_markup(view(hidden.format(attributes)))


@pytest.mark.parametrize(
    "body",
    [
        "<input value='" + "a b=1 " * 20_000 + "'><tr>",
        "<script>" + "a < b; <c d=1 " * 5000 + "</script><tr>",
        "<p>" + "it's " * 20_000 + "<tr>",
        "<!--" + " a=1" * 20_000 + "--><tr>",
        "<i>x</i>" * 10_000 + "<tr>",
    ],
)
def test_a_large_page_without_such_a_tag_is_read(body: str) -> None:
    """View states, scripts and long texts are ordinary."""
    assert count(body) == 1
