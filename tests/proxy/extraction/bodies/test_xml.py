"""XML does no harm, whatever it is."""

from __future__ import annotations

import pytest

from proxy.extraction import Unreadable
from proxy.extraction.bodies.attributes import MAX_ATTRIBUTES
from proxy.extraction.bodies.xml import (
    local_name,
    parse_plain,
    parse_xml,
    plain_names,
    read_qualified,
)
from tests.support.pages import view

SPACED = '<a xmlns="u" xmlns:b="v"><b:c d="1"/></a>'


def test_names_keep_or_lose_their_namespaces() -> None:
    """As the rule asks."""
    assert parse_xml(SPACED)[0].tag == "{v}c"
    assert read_qualified(view(SPACED, "text/plain")).tag == "{u}a"
    assert plain_names(parse_xml(SPACED))[0].tag == "c"
    assert parse_plain(SPACED)[0].tag == "c"
    assert local_name(parse_xml(SPACED)[0]) == "c"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "bad_xml"),
        ("<a>", "bad_xml"),
        ("<a>" * 1000, "bad_xml"),
        ("<a>&b;</a>", "bad_xml"),
        ("<a>" + "x" * 11_000_000 + "</a>", "bad_xml"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "xml_entities"),
        ("<!DOCTYPE a [<!ENTITY % b SYSTEM 'http://x/'> %b;]><a/>", "xml_entities"),
        ("<a " + " ".join(f'a{n}="{n:09}"' for n in range(MAX_ATTRIBUTES + 1)) + "/>",
         "too_many_attributes"),
    ],
)  # fmt: skip
def test_what_is_wrong_or_hostile_is_refused(text: str, reason: str) -> None:
    """With a reason, and at once."""
    with pytest.raises(Unreadable, match=reason):
        parse_xml(text)


def test_a_cut_document_can_be_read_as_far_as_it_goes() -> None:
    """When that is asked for."""
    assert local_name(parse_xml("<a><b>x</b><c", recover=True)[0]) == "b"
    with pytest.raises(Unreadable, match="bad_xml"):
        parse_xml("", recover=True)


def test_the_declared_charset_of_decoded_text_does_not_count() -> None:
    """It was used already."""
    assert (
        parse_xml('<?xml version="1.0" encoding="utf-16"?><a>é\0</a>').text == "é\ufffd"
    )
