"""Every field a client sent is there, in order, and within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.forms import form_fields, parse_multipart, parse_query
from proxy.exchange.limits import Limits
from proxy.exchange.model import Request

FORM = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=XX"


def request(content_type: bytes | None, body: bytes) -> Request:
    """A request with this content."""
    headers = [] if content_type is None else [(b"content-type", content_type)]
    return Request(headers, body)


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (b"", []),
        (b"a=1", [("a", "1")]),
        (b"a=1&a=2&&b", [("a", "1"), ("a", "2"), ("b", "")]),
        (b"a+b=c+d%2B&x=%3D=", [("a b", "c d+"), ("x", "==")]),
        (b"n=Zo%C3%AB", [("n", "Zoë")]),
        (b"n=Zo%EB", [("n", "Zoë")]),
        (b"n=Zo\xeb", [("n", "Zoë")]),
        (b"id=%u0031%u0032", [("id", "12")]),
        (b"id=%uD800", [("id", "?")]),
        (b"a=%zz%", [("a", "%zz%")]),
        (b"a=%00", [("a", "\0")]),
    ],
)
def test_urlencoded_fields_are_decoded(
    data: bytes, fields: list[tuple[str, str]]
) -> None:
    """Duplicates kept, UTF-8 where valid, windows-1252 else."""
    assert parse_query(data) == fields


def test_a_query_is_bounded_in_fields_and_bytes() -> None:
    """The rest is left unread."""
    data = b"a=1&b=2&c=3"

    assert parse_query(data, limits=Limits(fields=2)) == [("a", "1"), ("b", "2")]
    assert parse_query(data, limits=Limits(field_bytes=6)) == [("a", "1"), ("b", "")]


def test_a_form_is_read_by_its_media_type() -> None:
    """Urlencoded also without one; anything else is no form."""
    assert form_fields(request(FORM, b"a=1")) == [("a", "1")]
    assert form_fields(request(None, b"a=1")) == [("a", "1")]
    assert form_fields(request(b"application/json", b"a=1")) == []
    assert form_fields(request(FORM, b"")) == []


def test_a_form_is_read_in_its_declared_charset() -> None:
    """Also when the bytes happen to be valid UTF-8."""
    body = "n=Ã«".encode("latin-1")

    assert form_fields(request(FORM, body)) == [("n", "ë")]
    assert form_fields(request(FORM + b"; charset=latin1", body)) == [("n", "Ã«")]


def part(head: bytes, value: bytes) -> bytes:
    """One part of a multipart body."""
    return (
        b"--XX\r\nContent-Disposition: form-data; "
        + head
        + b"\r\n\r\n"
        + value
        + b"\r\n"
    )


def test_multipart_fields_are_read_and_files_left_out() -> None:
    """Names quoted or not, with a charset or without."""
    body = (
        b"preamble\r\n"
        + part(b'name="a"', b"1\r\n2")
        + part(b'name="file"; filename="C:\\x.txt"', b"secret")
        + part(b"name=a", "Zoë".encode())
        + part(b'name="q%22\\"e"', b"")
        + b"--XX\r\nContent-Type: text/plain\r\n\r\nnameless\r\n"
        + b"--XX\r\nno head\r\n"
        + b"--XX--\r\n"
        + part(b'name="epilogue"', b"no")
    )

    fields = form_fields(request(b'multipart/form-data; boundary="XX"', body))

    assert fields == [("a", "1\r\n2"), ("a", "Zoë"), ('q"\\"e', "")]


def test_a_multipart_body_that_is_cut_gives_what_was_sent() -> None:
    """The last field may be half a field."""
    body = part(b'name="a"', b"1") + part(b'name="b"', b"23")[:-3]

    assert parse_multipart(body, MULTIPART) == [("a", "1"), ("b", "2")]


def test_multipart_is_bounded_in_fields_and_bytes() -> None:
    """The rest is left unread."""
    body = part(b'name="a"', b"12345") * 3 + b"--XX--"

    limits = Limits(fields=2, field_bytes=3)

    assert parse_multipart(body, MULTIPART, limits=limits) == [("a", "123")] * 2


@pytest.mark.parametrize(
    "content_type", [None, b"multipart/form-data", b"x; boundary="]
)
def test_multipart_without_boundary_has_no_fields(content_type: bytes | None) -> None:
    """Nothing is guessed."""
    assert parse_multipart(part(b'name="a"', b"1"), content_type) == []


@given(st.binary(max_size=80))
def test_no_bytes_raise(data: bytes) -> None:
    """In any kind of form."""
    parse_query(data)
    parse_multipart(b"--XX" + data.replace(b"\n", b"\r\n--XX"), MULTIPART)
    form_fields(request(b"multipart/x; boundary=" + data, data))


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=5))
def test_what_a_browser_encodes_comes_back(fields: list[tuple[str, str]]) -> None:
    """Any text, as urlencoded UTF-8."""
    encoded = "&".join(
        "=".join("".join(f"%{byte:02X}" for byte in text.encode()) for text in field)
        for field in fields
    )

    assert parse_query(encoded.encode()) == fields
