"""Bodies within bodies, parts of documents, and what no browser shows."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.model import BodyState
from proxy.extraction.bodies.parts import MAX_DEPTH, MAX_PARTS
from proxy.extraction.model import Extracted
from proxy.extraction.opened import MAX_PDFS
from proxy.ruleset import RuleSet
from tests.support.http import Split, down, each_byte, up, whole
from tests.support.http import read as read_steps
from tests.support.pages import exchange, ids, rule, rules
from tests.support.pdfs import pdf
from tests.support.sent import CODINGS, sent

REGEX = rule(r"subject: {type: c, id: {regex: 'nr=(\d+);'}}")
CSS = rule('subject: {type: c, id: {css: "b.nr"}}')
JSON = rule('subject: {type: c, id: {json: "nr"}}')
XML = rule('subject: {type: c, id: {xpath: "//nr"}}')
LIST = rules(
    '  page: {request: "GET /page", action: export, each: csv, '
    "subject: {type: c, id: column.nr}}\n"
)
PLAIN = rules(
    '  page: {request: "GET /page", action: export, each: {csv: {header: false}}, '
    "subject: {type: c, id: column.1}}\n"
)
MIXED = 'multipart/mixed; boundary="=_b 1"'


def multipart(*parts: tuple[str, bytes | str], boundary: str = "=_b 1") -> bytes:
    """A multipart body of (header lines, content)."""
    body = b"preamble nr=666;"
    for head, content in parts:
        data = content.encode() if isinstance(content, str) else content
        lines = f"\r\n--{boundary}\r\n{head}\r\n\r\n".encode()
        body += lines + data
    return body + f"\r\n--{boundary}--\r\nepilogue nr=667;".encode()


def read(
    ruleset: RuleSet,
    body: bytes | str,
    kind: str,
    *,
    part: str = "",
    status: int = 200,
    state: BodyState = BodyState.COMPLETE,
) -> Extracted:
    """What a response shows."""
    headers = [(b"content-range", part.encode())] if part else []
    answer = exchange("/page", body, kind, status=status, headers=headers, state=state)
    return ruleset.read(answer).extracted


def told(extracted: Extracted) -> tuple[str, str, list[str]]:
    """Status, reason and ids."""
    return extracted.status.value, extracted.reason, ids(extracted)


HTML_PART = ("Content-Type: text/html; charset=utf-8", "<b class=nr>1</b> nr=1;")
JSON_PART = ("content-type:application/json", '{"nr": 2, "x": "nr=2;"}')
PDF_PART = ("Content-Type: application/pdf", pdf(["nr=3;"]))


@pytest.mark.parametrize(
    ("ruleset", "expected"),
    [(REGEX, ["1", "2", "3"]), (CSS, ["1"]), (JSON, ["2"])],
)
def test_every_part_is_looked_at_as_what_it_is(
    ruleset: RuleSet, expected: list[str]
) -> None:
    """Text in all of them; what stands around them is no part."""
    body = multipart(HTML_PART, JSON_PART, PDF_PART)

    assert told(read(ruleset, body, MIXED)) == ("recorded", "", expected)


def test_parts_stand_in_parts() -> None:
    """A form's files are a multipart body of their own, at times."""
    inner = multipart(HTML_PART, boundary="in")
    body = multipart(
        ('Content-Type: multipart/related; boundary="in"', inner), JSON_PART
    )

    assert ids(read(REGEX, body, MIXED)) == ["1", "2"]


def test_parts_are_nested_to_a_limit() -> None:
    """What is deeper is not read, and that is told."""
    head, body = HTML_PART
    for depth in range(MAX_DEPTH + 1):
        body = multipart((head, body), boundary=f"b{depth}").decode()
        head = f"Content-Type: multipart/mixed; boundary=b{depth}"

    answer = read(REGEX, body, head.partition(": ")[2])

    assert told(answer) == ("failed", "no_subject", [])


def test_parts_are_bounded() -> None:
    """Those before are read."""
    parts = [("Content-Type: text/plain", f"nr={n};") for n in range(MAX_PARTS + 9)]

    answer = read(REGEX, multipart(*parts), MIXED)

    assert (answer.status.value, answer.reason) == ("partial", "too_many_parts")
    assert len(answer.subjects) == MAX_PARTS


def test_the_pdf_files_of_a_body_are_bounded() -> None:
    """Each costs time; those before are read."""
    parts = [
        ("Content-Type: application/pdf", pdf([f"nr={n};"]))
        for n in range(MAX_PDFS + 1)
    ]

    answer = read(REGEX, multipart(*parts), MIXED)

    assert told(answer) == ("truncated", "pdf_too_costly", ["0", "1", "2", "3"])


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("base64", base64.encodebytes(b"<b class=nr>5</b>")),
        ("quoted-printable", b"<b class=3Dnr>5</=\r\nb>"),
        ("binary", b"<b class=nr>5</b>"),
    ],
)
def test_transfer_encodings_of_parts_are_undone(encoding: str, data: bytes) -> None:
    """As mail has them, and SOAP with attachments."""
    head = f"Content-Type: text/html\r\nContent-Transfer-Encoding: {encoding}"

    assert ids(read(CSS, multipart((head, data)), MIXED)) == ["5"]


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b"nr=5;", MIXED, ("failed", "bad_multipart", [])),
        (b"nr=5;", "multipart/mixed", ("failed", "bad_multipart", [])),
        (b"--=_b 1\n\nnr=5;", MIXED, ("partial", "bad_multipart", ["5"])),
        (b"--=_b 1\n\nnr=5;\n--=_b 1--", MIXED, ("recorded", "", ["5"])),
        (b"--=_b 1\r\n\r\n\r\n--=_b 1--", MIXED, ("failed", "no_subject", [])),
    ],
)
def test_what_is_badly_divided_is_told(
    body: bytes, kind: str, expected: tuple[str, str, list[str]]
) -> None:
    """What could be read of it counts."""
    assert told(read(REGEX, body, kind)) == expected


@given(st.lists(st.sampled_from([b"--b", b"--", b"\r\n", b"\n", b"nr=5;", b"a: b"])))
def test_any_division_is_read_or_told(pieces: list[bytes]) -> None:
    """Nothing is raised."""
    answer = read(REGEX, b"".join(pieces), "multipart/mixed; boundary=b")

    assert answer.subjects or answer.reason


def test_soap_with_attachments_is_its_envelope() -> None:
    """The dialect looks into the first part."""
    soap = rules(
        '  page: {request: "GET /page", dialect: soap, action: view, '
        'subject: {type: c, id: {xpath: "//nr"}}}\n'
    )
    envelope = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">'
        "<e:Body><nr>8</nr></e:Body></e:Envelope>"
    )
    body = multipart(
        ("Content-Type: text/xml", envelope), ("Content-Type: image/png", b"\x89PNG")
    )

    assert ids(read(soap, body, MIXED.replace("mixed", "related"))) == ["8"]


TABLE = "nr;name\r\n100;a\r\n200;b\r\n300;c\r\n"


@pytest.mark.parametrize("end", range(10, len(TABLE)))
def test_the_beginning_of_a_table_shows_its_whole_rows(end: int) -> None:
    """Half an id at the end of a range is another client's."""
    part = f"bytes 0-{end - 1}/{len(TABLE)}"

    answer = read(LIST, TABLE[:end], "text/csv", part=part, status=206)

    whole = TABLE[:end].count("\n") - 1
    assert ids(answer) == ["100", "200", "300"][:whole]
    assert answer.status.value in ("partial", "failed")
    assert answer.reason == "partial_content"


@pytest.mark.parametrize("start", range(1, len(TABLE) - 1))
def test_the_end_of_a_table_shows_its_whole_rows(start: int) -> None:
    """Half an id at its beginning, too."""
    total = len(TABLE)
    part = f"bytes {start}-{total - 1}/{total}"

    answer = read(PLAIN, TABLE[start:], "text/csv", part=part, status=206)

    rows = [row.split(";")[0] for row in TABLE.split("\r\n")[1:-1]]
    assert ids(answer) == rows[len(rows) - TABLE[start:].count("\n") + 1 :]
    assert answer.status.value != "recorded"


@pytest.mark.parametrize("start", range(1, 40))
def test_a_page_from_its_middle_shows_whole_tags(start: int) -> None:
    """What the edge cut in two is nothing."""
    page = '<p title="nr"><i data-id="12345">x</i><b class=nr>7</b></p>'
    by_attribute = rule('subject: {type: c, id: {css: "i", attr: data-id}}')
    part = f"bytes {start}-{len(page) - 1}/{len(page)}"

    answer = read(by_attribute, page[start:], "text/html", part=part, status=206)

    assert ids(answer) in ([], ["12345"])


def test_a_range_that_is_everything_is_no_part() -> None:
    """What asks for ``bytes=0-`` shows the whole."""
    part = f"bytes 0-{len(TABLE) - 1}/{len(TABLE)}"

    answer = read(LIST, TABLE, "text/csv", part=part, status=206)

    assert told(answer) == ("recorded", "", ["100", "200", "300"])


def test_several_ranges_show_what_they_carry() -> None:
    """Each by its own edges."""
    total = len(TABLE)
    parts = [
        (
            f"Content-Range: bytes {a}-{b - 1}/{total}\r\nContent-Type: text/csv",
            TABLE[a:b],
        )
        for a, b in ((0, 18), (20, total))
    ]
    body = multipart(*parts)

    answer = read(LIST, body, MIXED.replace("mixed", "byteranges"), status=206)

    assert told(answer) == ("partial", "partial_content", ["100", "300"])


def test_what_is_commented_out_is_no_view() -> None:
    """Neither by its text nor by its elements."""
    page = "<!-- nr=1; <b class=nr>1</b> --><b class=nr>2</b> nr=2;"

    assert ids(read(REGEX, page, "text/html")) == ["2"]
    assert ids(read(CSS, page, "text/html")) == ["2"]


def test_a_rule_may_ask_for_comments() -> None:
    """Some applications leave their keys there."""
    asked = rule(r"comments: true, subject: {type: c, id: {regex: 'nr=(\d+);'}}")

    assert ids(read(asked, "<!-- nr=1; --> nr=2;", "text/html")) == ["1", "2"]


def test_a_page_within_a_frame_is_looked_at() -> None:
    """Written into its attribute; what its tags hold is for old browsers."""
    inner = "&lt;iframe srcdoc=&quot;&amp;lt;b class=nr&amp;gt;2&quot;>&lt;/iframe>"
    page = (
        f'<iframe srcdoc="{inner}&lt;b class=nr>1&lt;/b>"><b class=nr>9</b></iframe>'
        '<iframe src="/other"></iframe><b class=nr>3</b>'
    )

    assert sorted(ids(read(CSS, page, "text/html"))) == ["1", "2", "3"]


def test_the_page_of_frames_shows_no_record_by_itself() -> None:
    """Each frame is asked for by itself, and recorded by itself."""
    page = (
        '<frameset cols="9,*"><frame src="/client/5"><noframes>no</noframes></frameset>'
    )

    assert told(read(CSS, page, "text/html")) == ("failed", "no_subject", [])


@pytest.mark.parametrize(
    "codec", ["utf-8", "iso-8859-1", "utf-16-le", "utf-16-be", "iso-8859-15", "koi8-r"]
)
@pytest.mark.parametrize("declared", ["header", "meta", "bom"])
def test_any_declared_charset_gives_the_same_ids(codec: str, declared: str) -> None:
    """By the header, in the page, or by its first bytes."""
    name = "Ж" if codec == "koi8-r" else "é"
    label = codec.replace("16-", "16")
    page = f'<meta charset="{label}"><b class=nr>K{name}1</b>'
    if declared == "bom":
        if not codec.startswith("utf"):
            pytest.skip("has no byte order mark")
        page = "\ufeff" + page
    if declared == "meta" and codec.startswith("utf-16"):
        pytest.skip("a page that can be read so far is not in 16 bits")
    kind = f"text/html; charset={label}" if declared == "header" else "text/html"

    assert ids(read(CSS, page.encode(codec), kind)) == [f"K{name}1"]


def test_a_page_that_declares_nothing_is_read() -> None:
    """UTF-8 where it is that, else what the rule set says."""
    for codec in ("utf-8", "windows-1252"):
        page = "<b class=nr>Ké1</b>".encode(codec)

        assert ids(read(CSS, page, "text/html")) == ["Ké1"]


BODIES: dict[str, tuple[RuleSet, bytes, str, str]] = {
    "html": (CSS, b"<!-- <b class=nr>9</b> --><b class=nr>1</b>", "text/html", ""),
    "xml": (XML, b"<?xml version='1.0'?><a><nr>1</nr></a>", "text/xml", ""),
    "json": (JSON, b'{"nr": 1, "nr": 2}', "application/json", ""),
    "csv": (LIST, b"nr;a\r\n1;b\r\n2;c", "text/csv", ""),
    "pdf": (REGEX, pdf(["nr=1;"], ["nr=2;"]), "application/pdf", ""),
    "multipart": (REGEX, multipart(HTML_PART, JSON_PART, PDF_PART), MIXED, ""),
    "range": (LIST, b"nr;a\r\n1;b\r\n2;c", "text/csv", "bytes 0-13/99"),
}
"""Rules, body, type and range, by kind."""


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("split", [whole, each_byte])
@pytest.mark.parametrize("chunk", [0, 1, 4096])
@pytest.mark.parametrize("kind", BODIES)
def test_split_chunks_and_codings_make_no_difference(
    kind: str, chunk: int, split: Split, coding: bytes
) -> None:
    """The same body of any kind gives the same views however it was sent."""
    ruleset, body, content_type, part = BODIES[kind]
    headers = [(b"content-range", part.encode())] if part else []
    status = 206 if part else 200
    shown = exchange("/page", body, content_type, headers=headers, status=status)
    asked, answered = sent(shown, coding, chunk)

    (seen,) = read_steps([up(asked), down(answered)], split=split).exchanges

    expected = told(ruleset.read(shown).extracted)
    assert expected[2]
    assert told(ruleset.read(seen).extracted) == expected
