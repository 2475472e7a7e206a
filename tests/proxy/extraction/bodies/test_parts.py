"""Multipart bodies are taken apart as they were put together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction.bodies.parts import MAX_PARTS, Part, parts_of

KIND = b'multipart/mixed; boundary="a.b"'
CONTENT = st.binary(max_size=40).filter(lambda data: b"--a.b" not in data)


@given(st.lists(CONTENT, min_size=1, max_size=5), st.sampled_from([b"\r\n", b"\n"]))
def test_parts_come_out_as_they_went_in(contents: list[bytes], end: bytes) -> None:
    """Whatever they hold, line ends at their edges included."""
    body = b"before"
    for content in contents:
        body += end + b"--a.b" + end + b"Content-Type: x/y" + end * 2 + content
    body += end + b"--a.b--" + end + b"after"

    parts, closed = parts_of(body, KIND)

    # With LF alone a CR before it cannot be told from half of a line end.
    strip = b"\r" if end == b"\n" else b""
    assert closed
    assert [p.data.removesuffix(strip) for p in parts] == [
        content.removesuffix(strip) for content in contents
    ]
    assert {part.content_type for part in parts} == {b"x/y"}


@given(st.binary(max_size=80), st.integers(0, 80))
def test_a_body_that_is_cut_gives_the_parts_before(tail: bytes, at: int) -> None:
    """And the last as far as it came."""
    body = b"--a.b\r\n\r\none\r\n--a.b\r\n\r\n" + tail.replace(b"--", b"")
    cut = body[: 24 + at]

    parts, closed = parts_of(cut, KIND)

    assert not closed
    assert parts[0] == Part(b"", b"", b"one")
    assert [part.ended for part in parts] == [True, False]


@pytest.mark.parametrize(
    "kind", [b"multipart/mixed", b"multipart/mixed; boundary=", b"; boundary=zz"]
)
def test_without_its_boundary_there_are_no_parts(kind: bytes) -> None:
    """None that could be told."""
    assert parts_of(b"--a.b\r\n\r\none\r\n--a.b--", kind) == ([], False)


def test_a_boundary_that_begins_like_another_is_none() -> None:
    """``a.b`` is not ``a.bc``, nor is it a pattern."""
    body = b"--a.b\r\n\r\none\r\n--a.bc\r\n--axb\r\n--a.b--"

    assert [p.data for p in parts_of(body, KIND)[0]] == [b"one\r\n--a.bc\r\n--axb"]


def test_no_more_parts_are_kept_than_are_read() -> None:
    """A body of boundaries alone is not kept as a million parts."""
    parts, _ = parts_of(b"\n--a.b\n\nx" * 5000, KIND)

    assert len(parts) == MAX_PARTS + 1
