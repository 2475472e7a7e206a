"""``.http`` files: requests and responses written by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.pairs import FIRST_NS, PairsRefused, read_pairs

FILE = """\
# Somebody opens a client.
>>>
GET /client/5?x=1 HTTP/1.1
Cookie: SID=a

<<<
HTTP/1.1 200 OK
Content-Type: text/html; charset=windows-1252

<h1>René</h1>

<p>two
>>>
POST /note HTTP/1.1
Content-Type: application/x-www-form-urlencoded

client=5
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_a_list_of_exchanges(end: str) -> None:
    """Heads, bodies with blank lines, charsets, a request without an answer."""
    one, two = (each.exchange for each in read_pairs(FILE.replace("\n", end).encode()))

    assert one.response is not None
    assert (one.request.method, one.request.target) == (b"GET", b"/client/5?x=1")
    assert one.request.headers == [(b"cookie", b"SID=a")]
    assert "<h1>René</h1>\n\n<p>two".encode("cp1252") == one.response.body
    assert (two.request.body, two.response) == (b"client=5", None)
    assert (one.index, two.index) == (0, 1)
    assert two.request.start_ns == FIRST_NS + 10**9
    assert one.up_offset != two.up_offset


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no line with only >>>"),
        (">>>\nGET /\n", "line 2: no request"),
        ("<<<\nHTTP/1.1 200 OK\n", "line 1: a response without its request"),
        (">>>\nGET / HTTP/1.1\n<<<\n200 OK\n", "line 4: no response"),
        (">>>\nGET / HTTP/1.1\nHost a\n", "line 3: no header"),
        (b">>>\n\xff", "line 2: not UTF-8"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str | bytes, said: str) -> None:
    """What was expected there."""
    with pytest.raises(PairsRefused, match=said):
        read_pairs(text if isinstance(text, bytes) else text.encode())


@given(st.lists(st.sampled_from([*FILE.splitlines(keepends=True), "x", "\0"])))
def test_nothing_else_is_raised(lines: list[str]) -> None:
    """Any order of lines."""
    try:
        found = read_pairs("".join(lines).encode())
    except PairsRefused:
        return
    assert found
