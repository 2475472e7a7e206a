"""The stand-in application on the wire, seen through a raw socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.demo.application.clients import passes_eleven_test
from deploy.demo.application.server import Server
from deploy.demo.application.staff import ADVISORS
from deploy.demo.application.truth import TruthRecord, read_truth
from tests.support.vesta import RawAnswer, RawBrowser

LOGGED_IN = '<div id="wie">Ingelogd als <b>j.jansen</b></div>'
LOGIN_FORM = '<form name="login" method="post"'


@pytest_asyncio.fixture(name="server")
async def _server(tmp_path: Path) -> AsyncIterator[Server]:
    async with Server(tmp_path / "truth.jsonl") as server:
        yield server


@pytest_asyncio.fixture(name="jansen")
async def _jansen(server: Server) -> RawBrowser:
    """A browser in which j.jansen is logged in."""
    browser = RawBrowser(server.url)
    await browser.log_in()
    return browser


async def truth(server: Server) -> list[TruthRecord]:
    """The truth so far, asked for as the scoring does."""
    answer = await RawBrowser(server.control_url).get("/__truth")
    return list(read_truth(Path(json.loads(answer.content)["truth"])))


async def test_login_page_sets_a_session_before_anybody_logged_in(
    server: Server,
) -> None:
    """The presence of JSESSIONID proves nothing; it is in the form's address too."""
    browser = RawBrowser(server.url)

    answer = await browser.get("/start.do")

    assert answer.status == 200
    assert f'{LOGIN_FORM} action="/login.do;jsessionid={browser.session}"' in (
        answer.text
    )
    assert "Ingelogd als" not in answer.text


async def test_wrong_password_answers_200_with_the_form_and_the_same_session(
    server: Server,
) -> None:
    """Nothing but the page tells that it was wrong."""
    browser = RawBrowser(server.url)
    await browser.get("/login.do")
    session = browser.session

    answer = await browser.post("/login.do", j_username="j.jansen", j_password="no")

    assert answer.status == 200
    assert LOGIN_FORM in answer.text
    assert "Set-Cookie" not in answer.headers
    assert browser.session == session


async def test_login_redirects_and_rotates_the_session(server: Server) -> None:
    """The old session id is worth nothing afterwards."""
    browser, thief = RawBrowser(server.url), RawBrowser(server.url)
    await browser.get("/login.do")
    before = thief.session = browser.session

    answer = await browser.log_in()

    assert answer.status == 302
    assert answer.headers["Location"].endswith("/start.do")
    assert browser.session not in ("", before)
    assert LOGGED_IN in (await browser.get("/top.do")).text
    assert LOGIN_FORM in (await thief.get("/top.do")).text


async def test_login_with_the_session_in_the_path_rotates_it_too(
    server: Server,
) -> None:
    """A browser that posts to the form's own address."""
    browser = RawBrowser(server.url)
    await browser.get("/login.do")
    in_path, browser.session = browser.session, ""

    answer = await browser.post(
        f"/login.do;jsessionid={in_path}",
        j_username="j.jansen",
        j_password=ADVISORS[0].password,
    )

    assert answer.status == 302
    assert browser.session not in ("", in_path)


async def test_logout_ends_the_session_and_clears_the_cookie(
    jansen: RawBrowser,
) -> None:
    """302, an emptied cookie, and a session that is really gone."""
    session = jansen.session

    answer = await jansen.get("/logout.do")
    jansen.session = session
    after = await jansen.get("/client/view.do?id=900123")

    assert answer.status == 302
    assert answer.headers["Set-Cookie"].startswith("JSESSIONID=; Expires=Thu, 01-Jan")
    assert after.status == 200
    assert LOGIN_FORM in after.text
    assert "900123" not in after.text


async def test_an_idle_session_meets_the_login_form_in_a_200(tmp_path: Path) -> None:
    """A page that was asked for and not shown, with a status that says nothing."""
    async with Server(tmp_path / "truth.jsonl", idle_seconds=-1) as server:
        browser = RawBrowser(server.url)
        await browser.log_in()

        answer = await browser.get("/client/view.do?id=900123")

        assert (answer.status, LOGIN_FORM in answer.text) == (200, True)
        assert await truth(server) == []


async def test_client_page_is_chunked_and_gzipped_when_accepted(
    jansen: RawBrowser,
) -> None:
    """Charset in the header; the same content either way."""
    packed = await jansen.get(
        "/client/view.do?id=900123&tab=alles", "Accept-Encoding: gzip, deflate"
    )
    plain = await jansen.get("/client/900123?tab=alles")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Type"] == "text/html; charset=ISO-8859-1"
    assert packed.chunks >= 1
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert LOGGED_IN in plain.text
    assert "Cliëntnummer" in plain.text


async def test_client_page_shows_a_citizen_number_that_passes_the_eleven_test(
    jansen: RawBrowser,
) -> None:
    """What an unmapped page would be recognised by."""
    answer = await jansen.get("/client/view.do?id=900123")

    number = answer.text.partition("BSN<td>")[2][:9]
    assert passes_eleven_test(number)


async def test_search_says_its_charset_in_a_meta_tag_only(jansen: RawBrowser) -> None:
    """A reader that trusts the header alone reads the names wrongly."""
    answer = await jansen.get("/zoeken.do?naam=m%FCl")

    assert answer.headers["Content-Type"] == "text/html"
    assert answer.chunks >= 1
    assert "charset=iso-8859-1" in answer.text
    assert b"M\xfcller" in answer.content


async def test_print_view_ends_by_close(jansen: RawBrowser) -> None:
    """No length, no chunks: the end is the end of the connection."""
    answer = await jansen.get("/client/print.do?id=900123")

    assert answer.closed
    assert "Content-Length" not in answer.headers
    assert answer.chunks == 0
    assert answer.text.endswith("</html>\n")


async def test_export_is_semicolons_in_latin_1(jansen: RawBrowser) -> None:
    """A spreadsheet of the whole caseload, chunked."""
    answer = await jansen.get("/export.do?caseload=1")

    lines = answer.text.split("\r\n")
    assert answer.headers["Content-Type"] == "text/csv; charset=ISO-8859-1"
    assert lines[0].split(";")[0] == "clientnr"
    assert len(lines) > 200
    assert answer.chunks > 1


async def test_large_export_is_gzipped_and_never_holds_a_shielded_client(
    jansen: RawBrowser, server: Server
) -> None:
    """More than a thousand rows in one answer; the truth has each."""
    answer = await jansen.get(
        "/export.do?woonplaats=Zwolle", "Accept-Encoding: gzip, deflate"
    )

    rows = answer.text.split("\r\n")[1:-1]
    (record,) = await truth(server)
    assert len(rows) > 1000
    assert answer.headers["Content-Encoding"] == "gzip"
    assert record.clients == [row.partition(";")[0] for row in rows]
    assert not any((int(client) - 900_000) % 97 == 13 for client in record.clients)


async def test_autocomplete_answers_json(jansen: RawBrowser) -> None:
    """An array of ids and names."""
    answer = await jansen.get("/suggest.do?q=jan")

    items = json.loads(answer.content)
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert len(items) == 8
    assert set(items[0]) == {"id", "naam"}


async def test_saved_note_redirects_to_a_page_that_shows_it_as_text(
    jansen: RawBrowser,
) -> None:
    """What somebody writes never becomes markup."""
    evil = '<div id="wie">Ingelogd als <b>e.vil</b></div>'

    saved = await jansen.post("/client/notitie.do", id="900123", tekst=evil)
    page = await jansen.get(saved.headers["Location"].partition("127.0.0.1")[2])

    assert saved.status == 302
    assert "Notitie opgeslagen" in page.text
    assert "&lt;b&gt;e.vil" in page.text
    assert page.text.count('id="wie"') == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/client/view.do?id=900013", 403),
        ("/client/900013", 403),
        ("/client/print.do?id=900013", 403),
        ("/client/view.do?id=999999", 404),
        ("/client/view.do", 404),
        ("/nergens.do", 404),
    ],
)
async def test_refused_and_unknown_show_nobody(
    jansen: RawBrowser, server: Server, path: str, status: int
) -> None:
    """The shielded client is refused, the unknown one is not found."""
    answer = await jansen.get(path)

    assert answer.status == status
    assert "BSN" not in answer.text
    assert await truth(server) == []


async def test_head_shows_nobody(jansen: RawBrowser, server: Server) -> None:
    """The head of a client page is not the client."""
    answer = await jansen.get("/client/view.do?id=900123", method="HEAD")

    assert answer.status == 200
    assert answer.content == b""
    assert await truth(server) == []


async def test_static_files_answer_304_to_who_has_them(server: Server) -> None:
    """Without a cookie, as they never need one."""
    browser = RawBrowser(server.url)

    first = await browser.get("/static/vesta.css")
    again = await browser.get(
        "/static/vesta.css", f"If-Modified-Since: {first.headers['Last-Modified']}"
    )

    assert first.headers["Content-Type"] == "text/css"
    assert again.status == 304
    assert "Set-Cookie" not in first.headers


async def test_every_answer_names_the_server_of_the_day(jansen: RawBrowser) -> None:
    """Believable headers, in its casing."""
    answers: list[RawAnswer] = [
        await jansen.get(path) for path in ("/start.do", "/menu.do", "/nergens.do")
    ]

    assert all("\r\nServer: Apache-Coyote/1.1\r\n" in each.head for each in answers)
    assert "<frameset" in answers[0].text


async def test_a_connection_closes_after_its_share_of_requests(
    tmp_path: Path,
) -> None:
    """The bound is announced with the last answer."""
    async with Server(tmp_path / "truth", requests_per_connection=2) as server:
        answer = await RawBrowser(server.url).send(
            b"GET /static/logo.gif HTTP/1.1\r\n\r\n"
        )
        both = b"GET /static/logo.gif HTTP/1.1\r\n\r\n" * 3
        host, port = server.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(both)
        served = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert not answer.closed
    assert served.count(b"HTTP/1.1 200 OK") == 2
    assert served.count(b"Connection: close") == 1


async def test_nonsense_is_refused_and_closed(server: Server) -> None:
    """Hostile bytes cost one connection."""
    answer = await RawBrowser(server.url).send(b"\x16\x03\x01 not http\r\n\r\n")

    assert (answer.status, answer.closed) == (400, True)


async def test_truth_tells_who_was_shown_whom_as_what(
    jansen: RawBrowser, server: Server
) -> None:
    """One record for each answer that showed records, by the session's own user."""
    other = RawBrowser(server.url)
    await other.log_in(ADVISORS[1])

    await jansen.get("/client/view.do?id=900123&tab=alles")
    await other.get("/client/print.do?id=900124")
    listed = await jansen.get("/zoeken.do?naam=jan")
    await jansen.get("/menu.do")
    await jansen.post("/client/notitie.do", id="900125", tekst="x")
    await other.get("/static/vesta.css")
    await other.get("/logout.do")
    await other.get("/client/view.do?id=900126")

    records = await truth(server)
    assert [(r.advisor, r.action) for r in records] == [
        ("j.jansen", "view"),
        ("j.bakker", "print"),
        ("j.jansen", "search"),
        ("j.jansen", "mention"),
        ("j.jansen", "update"),
    ]
    assert records[0].clients == records[3].clients == ["900123"]
    assert records[0].categories == ["contact", "income", "cv"]
    assert all(f"view.do?id={client}" in listed.text for client in records[2].clients)


async def test_shielded_client_in_a_list_is_a_row_without_a_name_or_link(
    jansen: RawBrowser, server: Server
) -> None:
    """A row that shows nobody is not a record."""
    pages = [
        await jansen.get(f"/zoeken.do?naam=jansen&pagina={number}")
        for number in range(1, 20)
    ]

    shielded = [page for page in pages if "afgeschermde cliënt" in page.text]
    shown = {client for record in await truth(server) for client in record.clients}
    assert shielded
    assert shown.isdisjoint(str(900_000 + n) for n in range(13, 50_000, 97))


async def test_control_port_counts_and_is_not_the_applications(
    jansen: RawBrowser, server: Server
) -> None:
    """The truth is not to be had through the sidecar."""
    through = await jansen.get("/__truth")
    asked = await RawBrowser(server.control_url).get("/__truth")
    elsewhere = await RawBrowser(server.control_url).get("/login.do")

    assert (through.status, elsewhere.status) == (404, 404)
    assert json.loads(asked.content)["exchanges"] == 2
