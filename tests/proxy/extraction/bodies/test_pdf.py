"""PDF files are read within bounds, whatever they hold."""

from __future__ import annotations

import io
import logging
import sys
import zlib
from dataclasses import replace

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.model import BodyState
from proxy.extraction.bodies.pdf import PdfLimits, is_pdf, read_pdf
from tests.support.pages import exchange as answered
from tests.support.pages import ids, rule, rules
from tests.support.pdfs import objects, pdf, shown, stream, written

FILE = pdf(["Dossier (12) van Zoë", "Nr 900123"], ["Nr 900124 \\ einde"])
RULE = rule(r"subject: {type: c, id: {regex: 'Nr (\d+)'}}")
KIND = "application/pdf"
SMALL = PdfLimits(pages=3, steps=300_000, bytes=4 << 20, characters=1000)


def test_pages_are_lines_of_text() -> None:
    """Special characters, and those beyond ASCII, included."""
    text, state, reason = read_pdf(FILE)

    assert text.split("\f") == [
        "Dossier (12) van Zoë\nNr 900123",
        "Nr 900124 \\ einde",
    ]
    assert (state, reason) == (BodyState.COMPLETE, "")


def test_patterns_look_at_the_text() -> None:
    """As on any page; and the file is no text otherwise."""
    answer = RULE.read(answered("/page", FILE, KIND)).extracted

    assert (answer.status.value, ids(answer)) == ("recorded", ["900123", "900124"])


@pytest.mark.parametrize("kind", ["", "application/octet-stream", "application/x-pdf"])
def test_a_download_without_its_type_is_one_too(kind: str) -> None:
    """Known by how it begins."""
    assert ids(RULE.read(answered("/page", FILE, kind)).extracted) == [
        "900123",
        "900124",
    ]


def test_a_page_that_says_it_is_one_is_none() -> None:
    """Browsers believe the type."""
    assert not is_pdf("text/html", FILE)


def test_an_id_of_the_address_is_recorded_whatever_the_file_holds() -> None:
    """What was asked for, with what went wrong."""
    known = rules(
        '  p: {request: "GET /p/{id}", action: print, '
        "subject: {type: c, id: path.id}, data: {health: {regex: 'Medisch'}}}\n"
    )

    answer = known.read(answered("/p/7", b"%PDF-1.4 nothing", KIND)).extracted

    assert (answer.status.value, answer.reason, ids(answer)) == (
        "partial",
        "bad_pdf",
        ["7"],
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "bad_pdf"),
        (b"%PDF-1.7\n", "bad_pdf"),
        (b"<html>no", "bad_pdf"),
        (FILE[:300], "bad_pdf"),
        (pdf([]), "pdf_without_text"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    """And nothing is raised."""
    assert read_pdf(data) == ("", BodyState.UNDECODABLE, reason)


def test_a_file_that_needs_no_password_is_read() -> None:
    """Locked against changes only, as reports often are; else it says so."""
    for user, expected in (("", (True, "")), ("secret", (False, "pdf_encrypted"))):
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(FILE))
        writer.encrypt(user, "owner", algorithm="AES-128")
        file = io.BytesIO()
        writer.write(file)

        text, _, reason = read_pdf(file.getvalue())

        assert ("900123" in text, reason) == expected


def test_pages_are_bounded() -> None:
    """Those before are kept."""
    text, state, reason = read_pdf(pdf(*[[f"Nr {n}"] for n in range(5)]), SMALL)

    assert text.split("\f") == ["Nr 0", "Nr 1", "Nr 2"]
    assert (state, reason) == (BodyState.TRUNCATED, "too_many_pages")


def test_text_is_bounded() -> None:
    """A page may hold a book."""
    text, state, reason = read_pdf(pdf(["x" * 3000], ["Nr 1"]), SMALL)

    assert (len(text), state, reason) == (1000, BodyState.TRUNCATED, "too_many_pages")


def test_a_page_that_costs_too_much_ends_the_reading() -> None:
    """By steps, so always at the same place."""
    dear = stream(b"BT " + b"q Q " * 100_000 + shown(["Nr 3"]) + b"ET")
    file = written(objects([stream(shown(["Nr 1"])), dear, stream(shown(["Nr 2"]))]))

    assert read_pdf(file, SMALL) == ("Nr 1", BodyState.TRUNCATED, "pdf_too_costly")
    assert read_pdf(file, SMALL) == read_pdf(file, SMALL)


def test_what_unpacks_to_too_much_is_left() -> None:
    """A bomb within a bomb, and many small ones."""
    bomb = zlib.compress(zlib.compress(bytes(64 << 20)))
    packed = stream(bomb, b"/Filter[/FlateDecode/FlateDecode]", packed=False)
    many = [stream(b" " * (2 << 20)) for _ in range(20)]
    wide = replace(SMALL, pages=100)

    assert read_pdf(written(objects([packed])), SMALL).text == ""
    assert read_pdf(written(objects(many)), wide) == (
        "",
        BodyState.UNDECODABLE,
        "pdf_too_costly",
    )


def test_going_in_circles_ends() -> None:
    """Pages that are their own parents, streams that refer to themselves."""
    round_about = objects([stream(shown(["Nr 1"]))])
    round_about[2] = b"<</Type/Pages/Count 1/Kids[2 0 R]>>"
    itself = objects([stream(shown(["Nr 1"]))])
    itself[5] = b"5 0 R"

    assert read_pdf(written(round_about), SMALL).text == ""
    assert read_pdf(written(itself), SMALL).text == ""


@given(st.integers(0, len(FILE) - 1), st.binary(min_size=1, max_size=20))
def test_a_spoiled_file_is_read_or_says_why(at: int, spoiling: bytes) -> None:
    """And nothing of the reading is left behind."""
    before = sys.getprofile()

    text, state, reason = read_pdf(FILE[:at] + spoiling + FILE[at + 3 :], SMALL)

    assert (state is BodyState.COMPLETE) == (not reason)
    assert text or reason
    assert sys.getprofile() is before


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (stream(b"q Q"), ""),
        (
            stream(b"q 1 0 0 1 9 9 cm /Scan Do Q " * 20, packed=False),
            "pdf_without_text",
        ),
        (stream(b"x" * 99, b"/Filter/FlateDecode", packed=False), "pdf_without_text"),
        (stream(b"x" * 99, b"/Filter/NoSuchDecode", packed=False), "bad_pdf"),
        (stream(b" " * (5 << 20)), "bad_pdf"),
        (b"(no stream)", "pdf_without_text"),
    ],
)
def test_a_page_that_cannot_be_read_is_told(content: bytes, expected: str) -> None:
    """The others are read, and it does not count for a blank one."""
    first, last = stream(shown(["Nr 1"])), stream(shown(["Nr 2"]))

    text, state, reason = read_pdf(written(objects([first, content, last])))

    assert text.split() == ["Nr", "1", "Nr", "2"]
    assert reason == expected
    assert (state is BodyState.COMPLETE) == (not expected)


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A library that is not there."""
    monkeypatch.setitem(sys.modules, "pypdf", None)

    answer = RULE.read(answered("/page", FILE, KIND)).extracted

    assert (answer.status.value, answer.reason) == ("failed", "install_whosaw_pdf")


def test_what_the_library_warns_of_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It quotes the file."""
    with caplog.at_level(logging.DEBUG):
        read_pdf(FILE.replace(b"/Root 1 0 R", b"/Root 9 0 R"))

    assert not caplog.records
