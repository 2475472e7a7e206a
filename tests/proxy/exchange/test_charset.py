"""Text is what a browser would show, whatever the charset claims."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.charset import (
    _LABELS,
    _remembered_media_type,
    charset,
    decode_as,
    decode_text,
    media_type,
)

NAME = "Zoë Müller"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (b"", ""),
        (b"Text/HTML; charset=x", "text/html"),
        (b" text/plain ", "text/plain"),
        (b"\xff\xfe", "ÿþ"),
    ],
)
def test_the_media_type_is_lower_case_without_parameters(
    value: bytes | None, expected: str
) -> None:
    """Also of what is none."""
    assert media_type(value) == expected


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (b"text/html; charset=utf-8", NAME.encode()),
        (b'text/html;charset = "UTF-8"', NAME.encode()),
        (b"text/html; charset=ISO-8859-1", NAME.encode("latin-1")),
        (b"text/html; charset=ISO-8859-15", NAME.encode("iso8859-15")),
        (b"text/html; charset=utf-16", NAME.encode("utf-16-le")),
        (b"text/html; charset=nonsense", NAME.encode()),
        (b"text/html; charset=latin1", codecs.BOM_UTF8 + NAME.encode()),
        (b"text/html", codecs.BOM_UTF16_LE + NAME.encode("utf-16-le")),
        (b"text/html", codecs.BOM_UTF16_BE + NAME.encode("utf-16-be")),
        (b"text/html", NAME.encode()),
        (b"text/html", NAME.encode("latin-1")),
        (None, NAME.encode("latin-1")),
        (b"application/json", NAME.encode()),
    ],
)
def test_text_is_decoded_by_mark_then_header_then_what_is_valid(
    content_type: bytes | None, body: bytes
) -> None:
    """The order of browsers; the mark itself is no text."""
    assert decode_text(body, content_type) == NAME


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        (b"<meta charset=iso-8859-2>", "iso8859-2"),
        (b"<META CHARSET = 'ISO-8859-2' >", "iso8859-2"),
        (
            b'<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2">',
            "iso8859-2",
        ),
        (b'<?xml version="1.0" encoding="iso-8859-2"?>', "iso8859-2"),
        (b"<!-- <meta charset=utf-8> --><meta charset=iso-8859-2>", "iso8859-2"),
        (b"<!-- <meta charset=utf-8>", None),
        (b"<meta name=charset>", None),
        (b"<meta charset=utf-16>", "utf-8"),
        (b"<meta charset=utf-7>", None),
        (b"<p>charset=utf-8</p>", None),
        (b" " * 5000 + b"<meta charset=utf-8>", None),
    ],
)
def test_a_page_may_declare_its_own_charset(head: bytes, codec: str | None) -> None:
    """In the first bytes, outside comments, among those browsers know."""
    assert charset(head, b"text/html") == codec
    assert charset(head, None) == codec


def test_a_declaration_counts_only_in_markup_and_behind_the_header() -> None:
    """A CSV that mentions a meta tag declares nothing."""
    page = b"<meta charset=iso-8859-2>"

    assert charset(page, b"text/csv") is None
    assert charset(page, b"text/html; charset=utf-8") == "utf-8"
    assert charset(page, b"application/xhtml+xml") == "iso8859-2"


@pytest.mark.parametrize(
    "label", [b"utf-7", b"zlib", b"rot13", b"unicode_escape", b"idna", b"base64"]
)
def test_python_codecs_that_browsers_do_not_know_cannot_be_chosen(label: bytes) -> None:
    """A body cannot hide its text, or run a decompressor, by naming one."""
    text = decode_text(b"+ADw- \\u0041 MQ==", b"text/html; charset=" + label)

    assert text == "+ADw- \\u0041 MQ=="


def test_the_default_of_the_application_counts_when_nothing_is_declared() -> None:
    """And windows-1252 when that label means nothing."""
    body = "Dvořák".encode("iso8859-2")

    assert decode_text(body, b"text/html", "iso-8859-2") == "Dvořák"
    assert decode_text(b"\x80", b"text/html", "nonsense") == "€"
    assert decode_text(b"\x80", b"text/html", "nønsense") == "€"


def test_every_byte_is_a_character_of_windows_1252() -> None:
    """The five holes of the code page are the controls browsers show."""
    text = decode_text(bytes(range(256)), b"text/plain; charset=ascii")

    assert len(text) == 256
    assert text[0x80] == "€"
    assert text[0x81] == "\x81"


def test_bytes_wrong_in_the_declared_charset_are_replaced() -> None:
    """What is right around them stays readable."""
    text = decode_text(b"id=7 \xff id=8", b"text/html; charset=utf-8")

    assert text == "id=7 \ufffd id=8"


@given(st.binary(max_size=100), st.binary(max_size=40))
def test_no_body_and_no_label_raises(body: bytes, label: bytes) -> None:
    """Lies in any place."""
    decode_text(body, b"text/html; charset=" + label)
    decode_text(b"<meta charset=" + label + b">" + body, None, label.decode("latin-1"))


@pytest.mark.parametrize(
    "label", ["windows-1250", "iso-8859-16", "shift_jis", "gbk", "big5", "koi8-r"]
)
def test_labels_of_the_standard_name_codecs_that_exist(label: str) -> None:
    """Each decodes something."""
    codec = charset(b"", b"text/html; charset=" + label.encode())

    assert codec is not None
    assert codecs.lookup(codec)


@given(
    st.text(st.characters(max_codepoint=127), max_size=60).map(str.encode),
    st.sampled_from(sorted(_LABELS)),
    st.booleans(),
)
def test_ascii_is_read_as_its_charset_says(
    body: bytes, label: str, in_page: bool
) -> None:
    """The short way for ASCII gives what the codec gives: UTF-16 and the escapes of
    ISO-2022-JP are declared and still read."""
    header = b"text/html"
    if in_page:
        body = b"<meta charset=%b>" % label.encode() + body
    else:
        header += b"; charset=" + label.encode()
    codec = charset(body, header)

    assert codec is not None
    assert decode_text(body, header) == decode_as(body, codec)


def test_escapes_of_iso_2022_jp_are_read() -> None:
    """ASCII bytes that are not ASCII characters."""
    body = "日本".encode("iso2022_jp")

    assert body.isascii()
    assert decode_text(body, b"text/html; charset=iso-2022-jp") == "日本"


def test_long_content_types_are_read_without_being_remembered() -> None:
    """The memory of content types is bounded in bytes, too."""
    long = b"Text/HTML; x=" + b"y" * 500 + b"; charset=iso-8859-2"
    before = _remembered_media_type.cache_info().currsize

    assert media_type(long) == "text/html"
    assert charset(b"", long) == "iso8859-2"
    assert _remembered_media_type.cache_info().currsize == before
