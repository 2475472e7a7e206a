"""HAR files of browsers are exchanges like any other."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.body import decode_content
from proxy.exchange.charset import decode_text
from proxy.exchange.forms import form_fields
from proxy.exchange.model import BodyState, Response
from proxy.har import HarRefused, Recorded, main_host, read_har
from tests.support.recordings import entry, har


def read(*entries: dict[str, Any]) -> list[Recorded]:
    """The exchanges of a file with these entries."""
    return read_har(har(*entries))


def answer(recorded: Recorded) -> Response:
    """Its response."""
    response = recorded.exchange.response
    assert response is not None
    return response


def test_an_entry_is_an_exchange() -> None:
    """Method, target, fields of the heads, times, text."""
    (found,) = read(
        entry(
            "https://app.example:8443/client/5?tab=a%20b",
            "<h1>René",
            request=[("Cookie", "SID=a"), (":authority", "app.example")],
            response=[("Set-Cookie", "a=1\nb=2"), ("Content-Encoding", "br")],
            at="2026-03-01T12:00:00.250+01:00",
            time=40,
        )
    )

    request, response = found.exchange.request, answer(found)
    assert (found.host, request.method) == ("app.example:8443", b"GET")
    assert request.target == b"/client/5?tab=a%20b"
    assert request.headers == [(b"cookie", b"SID=a")]
    assert response.get_all(b"set-cookie") == [b"a=1", b"b=2"]
    assert response.get(b"content-encoding") is None
    assert request.start_ns == 1_772_362_800_250_000_000
    assert response.end_ns - request.start_ns == 40_000_000


@pytest.mark.parametrize(
    "kind", ["text/html", "text/html; charset=windows-1252", "application/json"]
)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_text_is_read_as_the_browser_saw_it(kind: str, text: str) -> None:
    """Whatever charset it had on the wire."""
    (found,) = read(entry("http://a/", text, kind=kind))

    response = answer(found)
    body = decode_content(response)
    read_as = decode_text(body.data, response.get(b"content-type"))
    assert BodyState.COMPLETE is body.state
    assert text.removeprefix("\ufeff") == read_as.removeprefix("\ufeff")


def test_bytes_are_given_back() -> None:
    """Base64, with the charset the head declares."""
    raw = "é".encode("latin-1")
    given_ = entry("http://a/", base64.b64encode(raw).decode(), kind="text/csv")
    given_["response"]["content"]["encoding"] = "base64"

    (found,) = read(given_)

    assert raw == answer(found).body


@pytest.mark.parametrize(
    "posted",
    [
        {"mimeType": "application/x-www-form-urlencoded", "text": "u=a+b&p=c"},
        {"mimeType": "application/x-www-form-urlencoded",
         "params": [{"name": "u", "value": "a b"}, {"name": "p", "value": "c"}]},
        {"mimeType": "multipart/form-data; boundary=x", "text": "",
         "params": [{"name": "u", "value": "a b"}, {"name": "p", "value": "c"}]},
    ],
)  # fmt: skip
def test_a_form_is_a_form(posted: dict[str, Any]) -> None:
    """As text or, where the browser kept no text, by its fields."""
    sent = entry("http://a/login", "x", method="POST")
    sent["request"]["postData"] = posted

    (found,) = read(sent)

    assert form_fields(found.exchange.request) == [("u", "a b"), ("p", "c")]


def test_cookies_listed_apart_are_used() -> None:
    """Some exports leave the header out but list its cookies."""
    sent = entry("http://a/", "x")
    sent["request"]["cookies"] = [{"name": "SID", "value": "a"}]

    (found,) = read(sent)

    assert found.exchange.request.get(b"cookie") == b"SID=a"


def test_a_body_that_was_not_kept_is_cut_and_not_empty() -> None:
    """An export without content must not look like "nothing viewed"."""
    left_out = entry("http://a/", None)
    left_out["response"]["content"]["size"] = 500

    (found,) = read(left_out)

    assert BodyState.CUT is answer(found).body_state


def test_a_request_that_was_stopped_has_no_response() -> None:
    """Status 0."""
    (found,) = read(entry("http://a/", None, status=0))

    assert found.exchange.response is None


def test_exchanges_are_in_the_order_they_began() -> None:
    """Files are not always; no two of a connection have one offset."""
    found = read(
        entry("http://a/2", "x", at="2026-01-01T00:00:02Z"),
        entry("http://a/1", "x", at="2026-01-01T00:00:01Z"),
        entry("http://b/3", "x", at="2026-01-01T00:00:03Z"),
    )

    assert [f.exchange.request.target for f in found] == [b"/1", b"/2", b"/3"]
    places = {(f.connection, f.exchange.up_offset) for f in found}
    assert len(places) == 3
    assert main_host(found) == "a"


def test_what_went_nowhere_is_an_exchange_of_no_host() -> None:
    """Pages made of data."""
    (found,) = read(entry("data:text/html,x", "x"))

    assert found.host == "data:"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[]", "not a HAR file"),
        (b"{", "not a HAR file"),
        (b"\xff", "not a HAR file"),
        (b'{"log": {}}', "entries"),
        (har({"startedDateTime": "x"}), r"log.entries\[0\]"),
        (har(entry("http://a/", "x", at="today")), "entry 0: startedDateTime"),
        (har(entry("http://[a/", "x")), "entry 0"),
    ],
)
def test_another_file_is_refused_with_the_place(data: bytes, said: str) -> None:
    """In words that lead to it."""
    with pytest.raises(HarRefused, match=said):
        read_har(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "value", "text", "url", "status", "headers"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.data())
def test_no_file_makes_it_raise_anything_else(data: st.DataObject) -> None:
    """Any value in any place of an entry."""
    made = entry("http://a/x", "text")
    place = data.draw(st.sampled_from([made, made["request"], made["response"]]))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    text = json.dumps({"log": {"entries": [made]}}).encode()

    try:
        found = read_har(b"\xef\xbb\xbf" + text)
    except HarRefused:
        return
    assert len(found) == 1
