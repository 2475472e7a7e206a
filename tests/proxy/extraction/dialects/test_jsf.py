"""Partial responses are looked at as a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.model import BodyState, Exchange
from proxy.extraction.dialects.base import calls_of
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.view import View
from tests.support.dialects import FORM, rpc
from tests.support.pages import ids, rules

RULES = rules(
    '  page: {request: "POST /rpc", dialect: jsf, action: view,\n'
    '    subject: {type: c, id: {css: "b.nr"}}}\n'
)
KIND = f"{FORM}->text/xml;charset=UTF-8"
ROW = "<tr><td>&nbsp;<b class=nr>%s</b>"


def update(html: str, name: str = "form:t") -> str:
    """An update of a partial response."""
    return f'<update id="{name}"><![CDATA[{html}]]></update>'


def partial(*changes: str) -> str:
    """A partial response."""
    inside = "".join(changes)
    return f"<?xml version='1.0'?>\n<partial-response id='j'><changes>{inside}</changes></partial-response>"  # noqa: E501


def said(
    body: str, state: BodyState = BodyState.COMPLETE
) -> tuple[str, str, list[str]]:
    """Status, reason and ids of a response."""
    asked = "javax.faces.source=form%3At"
    answer = RULES.read(rpc(asked, body, KIND, state=state)).extracted
    return answer.status.value, answer.reason, ids(answer)


def test_updates_and_inserts_are_html_and_state_is_not() -> None:
    """HTML as it is in the wild, inside well-formed XML."""
    body = partial(
        update(ROW % 1),
        '<insert><after id="x"><![CDATA[<b class=nr>2</b>]]></after></insert>',
        update("<b class=nr>3</b>", "j_id1:javax.faces.ViewState:0"),
        "<eval><![CDATA[f('<b class=nr>4</b>')]]></eval>",
        "<update id='y'><div><b class='nr'>5</b></div></update>",
    )

    assert said(body) == ("recorded", "", ["1", "2", "5"])


@given(st.integers(min_value=60))
def test_a_cut_response_gives_what_came(cut: int) -> None:
    """At any place, and never a fault."""
    body = partial(update(ROW % 1), update(ROW % 2))
    body = body[: cut % len(body)]

    status, _, found = said(body, state=BodyState.CUT)

    assert status in ("partial", "failed")
    assert found in ([], ["1"], ["1", "2"])
    assert found or "1</b>" not in body


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<partial-response><redirect url='/l'/></partial-response>",
         ("nothing_expected", "redirect")),
        ("<partial-response><error><a>x</a></error></partial-response>",
         ("nothing_expected", "error")),
        ("<partial-response><changes>&a;</partial-response>",
         ("failed", "bad_xml")),
        ("<partial-response><!ENTITY a 'b'>", ("failed", "xml_entities")),
        (partial(), ("failed", "no_subject")),
        ("<p>", ("failed", "bad_xml")),
    ],
)  # fmt: skip
def test_a_response_without_records_says_why(
    body: str, expected: tuple[str, str]
) -> None:
    """An expired session is a redirect inside a 200."""
    status, reason, _ = said(body)

    assert (status, reason) in (expected, ("failed", "no_subject"))
    if expected[0] == "nothing_expected":
        assert (status, reason) == expected


def test_broken_xml_is_read_as_far_as_it_goes() -> None:
    """In part, and said."""
    assert said(partial(update(ROW % 1), "<a>")) == ("partial", "bad_xml", ["1"])


def test_a_whole_xhtml_page_sent_as_xml_is_read_as_html() -> None:
    """RichFaces 3, with the entities that XML does not know."""
    body = "<?xml version='1.0'?><html xmlns='x'><body>&nbsp;<b class='nr'>9</b>"

    assert said(body) == ("recorded", "", ["9"])


def test_richfaces_says_a_redirect_in_a_header() -> None:
    """Simulated."""
    answer = rpc("form=form", "<html><b class='nr'>9</b>", KIND)
    assert answer.response is not None
    answer.response.headers.append((b"ajax-response", b"redirect"))

    extracted = RULES.read(answer).extracted

    assert (extracted.status.value, extracted.reason) == (
        "nothing_expected",
        "redirect",
    )


def names(form: str) -> tuple[str, ...]:
    """What a request goes by."""
    asked: Exchange = rpc(form, "", FORM)
    calls = calls_of(DIALECTS["jsf"], View(asked))
    return calls[0].names if calls else ()


def test_the_operation_is_the_source_else_the_fields() -> None:
    """JSF before 2.0 names the button as a field."""
    assert names("javax.faces.source=f%3At%3A0%3Ab&f=f") == ("f:t:0:b",)
    assert names("jakarta.faces.source=b&f=f") == ("b",)
    assert names("f=f&f%3Aok=Go&javax.faces.ViewState=1") == ("f", "f:ok")
    assert names("") == ()


def test_updates_within_updates_are_read_once() -> None:
    """No response makes work that grows with the square of its size."""
    body = "<partial-response><changes>" + "<update>" * 200 + "<b class='nr'>1</b>" * 20
    body += "</update>" * 200 + "</changes></partial-response>"

    assert said(body) == ("recorded", "", ["1"])
