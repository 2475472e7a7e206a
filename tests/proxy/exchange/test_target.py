"""A target is read as servers read it, and tells when they may differ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.limits import Limits
from proxy.exchange.target import parse_target


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/", "/"),
        (b"/client/123", "/client/123"),
        (b"/client/", "/client/"),
        (b"/a..b/.htaccess", "/a..b/.htaccess"),
        (b"/Zo%C3%AB%20M", "/Zoë M"),
        (b"/Zo%EB", "/Zoë"),
        (b"/Zo\xeb", "/Zoë"),
        (b"/~x/(y)", "/~x/(y)"),
        (b"/%7Ex", "/~x"),
        (b"*", "*"),
        (b"http://h:80/a", "/a"),
        (b"http://h", "/"),
        (b"http://h?x", "/"),
    ],
)
def test_a_plain_target_has_a_path_all_servers_agree_about(
    target: bytes, path: str
) -> None:
    """Decoded; nothing odd about it."""
    parsed = parse_target(target)

    assert parsed.path == path
    assert not parsed.odd


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/static/../client/1", "/client/1"),
        (b"/static/..;/client/1", "/client/1"),
        (b"/static/%2e%2e/client/1", "/client/1"),
        (b"/static/..%2fclient/1", "/client/1"),
        (b"/static\\..\\client/1", "/client/1"),
        (b"/static/%5c../client/1", "/client/1"),
        (b"//client//1", "/client/1"),
        (b"/./client/1", "/client/1"),
        (b"/../../client/1", "/client/1"),
        (b"/client/x/..", "/client/"),
        (b"/client/1/.", "/client/1/"),
        (b"/client/1#.css", "/client/1"),
        (b"/client/1%00.css", "/client/1.css"),
        (b"/client/1 .css", "/client/1 .css"),
        (b"/client/%2531", "/client/%31"),
        (b"/client/%u0031", "/client/%u0031"),
        (b"/client/%", "/client/%"),
        (b"/client/1%3b.css", "/client/1;.css"),
        (b"/static/%c0%ae", "/static/À®"),
        (b"client/1", "/client/1"),
        (b"", "/"),
        (b"//", "/"),
    ],
)
def test_a_target_servers_may_differ_about_is_odd(target: bytes, path: str) -> None:
    """Resolved as most do it, and marked, so that no rule ignores it."""
    parsed = parse_target(target)

    assert parsed.path == path
    assert parsed.odd


def test_path_parameters_are_taken_out_of_every_segment() -> None:
    """``jsessionid`` is not part of the path; without oddness."""
    parsed = parse_target(b"/a;v=1;w/view.do;jsessionid=A%42?x=1;y")

    assert parsed.path == "/a/view.do"
    assert parsed.raw_path == b"/a;v=1;w/view.do;jsessionid=A%42"
    assert parsed.parameters == [("v", "1"), ("w", ""), ("jsessionid", "AB")]
    assert parsed.query == [("x", "1;y")]
    assert not parsed.odd


def test_the_query_is_every_field_in_order() -> None:
    """Duplicates kept; a second question mark is text."""
    parsed = parse_target(b"/a?x=1&x=2&y=?#z")

    assert parsed.query == [("x", "1"), ("x", "2"), ("y", "?")]
    assert parsed.raw_query == b"x=1&x=2&y=?"


def test_authorities_are_kept() -> None:
    """Of absolute-form and of CONNECT."""
    assert parse_target(b"http://h:80/a").authority == "h:80"
    assert parse_target(b"h:443", connect=True).authority == "h:443"
    assert parse_target(b"h:443", connect=True).path == ""
    assert parse_target(b"/a").authority == ""


def test_parameters_and_fields_are_bounded() -> None:
    """The rest is left unread."""
    parsed = parse_target(b"/a;b;c;d/e;f?1&2&3", limits=Limits(fields=2))

    assert len(parsed.parameters) == 2
    assert len(parsed.query) == 2


@given(st.binary(max_size=60))
def test_no_target_raises(target: bytes) -> None:
    """And every path is absolute and resolved."""
    for data in (target, b"/" + target):
        parsed = parse_target(data)
        if data != b"*":
            assert parsed.path.startswith("/")
            assert not {"..", "."} & set(parsed.path.split("/"))


def test_a_long_target_does_not_take_long() -> None:
    """Of every shape that might make a pattern try again and again."""
    for piece in (b"a", b"a.", b"/", b"/.", b";", b"%", b"a/", b"%2e"):
        parse_target(b"/" + piece * (60_000 // len(piece)) + b" ")
