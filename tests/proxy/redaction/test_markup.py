"""Pages keep their structure and lose what they say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.redaction.markup import markup
from proxy.redaction.standin import StandIns

HIDE = StandIns(b"k" * 32)
PAGE = (
    b'<!DOCTYPE html><html lang="nl"><!-- Jansen --><body class="page wide">'
    b'<a href="/client/4711?x=Jansen&amp;y=2" title="Jansen">Jansen &amp; co</a>'
    b"<input type=hidden name=csrf value='9a8b7c6d5e'><td id=row-4711>M&uuml;ller"
    b"<p>&#74;&#1044;&#x44;</p><script>var x='Jansen';</script><b Jansen"
)


def test_names_of_elements_and_attributes_stay() -> None:
    """And classes, kinds and words of addresses."""
    hidden = markup(HIDE, PAGE)

    assert len(hidden) == len(PAGE)
    for kept in (
        b'<!DOCTYPE html><html lang="nl">',
        b'<body class="page wide">',
        b'href="/client/',
        b"?x=",
        b"&amp;y=",
        b"<input type=hidden name=csrf value='",
        b"id=row-",
        b"&uuml;",
        b" &amp; ",
    ):
        assert kept in hidden, kept


def test_texts_values_and_numbers_do_not() -> None:
    """In comments, scripts, attributes, and what never ends."""
    hidden = markup(HIDE, PAGE)

    for gone in (b"Jansen", b"4711", b"9a8b7c6d5e", b"M&uuml;ller", b"&#74;", b"1044"):
        assert gone not in hidden, gone


@given(
    st.lists(
        st.sampled_from(
            ["<a", "<", ">", '"', "'", "=", " ", "x1", "&#9", ";", "-->", "<!--"]
        )
    ).map("".join)
)
def test_broken_markup_keeps_its_length(page: str) -> None:
    """However broken."""
    assert len(markup(HIDE, page.encode())) == len(page)
