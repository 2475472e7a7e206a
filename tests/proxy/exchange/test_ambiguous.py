"""Whatever two readers could read differently makes the connection opaque."""

from __future__ import annotations

import pytest

from proxy.exchange.limits import Limits
from proxy.exchange.model import BodyState
from tests.support.http import down, read_any_split, up

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
SMUGGLED = b"GET /client/1 HTTP/1.1\r\nHost: x\r\n\r\n"


def post(
    *headers: bytes, line: bytes = b"POST / HTTP/1.1", end: bytes = b"\r\n"
) -> bytes:
    """A request head of these header lines."""
    return line + end + b"".join(header + end for header in headers) + end


CL5 = b"Content-Length: 5"
TE = b"Transfer-Encoding: chunked"

ATTACKS = {
    # Two lengths (RFC 9112 6.3)
    "length_and_chunked": (post(CL5, TE), "ambiguous_length"),
    "chunked_and_length": (post(TE, CL5), "ambiguous_length"),
    "oddly_cased": (
        post(b"cONTENT-LENGTH: 5", b"TRANSFER-ENCODING: chunked"),
        "ambiguous_length",
    ),
    "unequal_lengths": (post(CL5, b"Content-Length: 6"), "ambiguous_length"),
    "unequal_list": (post(b"Content-Length: 5, 6"), "ambiguous_length"),
    "equal_but_padded": (post(b"Content-Length: 5, 05"), "ambiguous_length"),
    "list_with_hole": (post(b"Content-Length: 5,"), "ambiguous_length"),
    "plus": (post(b"Content-Length: +5"), "ambiguous_length"),
    "minus": (post(b"Content-Length: -5"), "ambiguous_length"),
    "hex": (post(b"Content-Length: 0x5"), "ambiguous_length"),
    "inner_space": (post(b"Content-Length: 5 0"), "ambiguous_length"),
    "underscore": (post(b"Content-Length: 5_0"), "ambiguous_length"),
    "fraction": (post(b"Content-Length: 5.0"), "ambiguous_length"),
    "empty_length": (post(b"Content-Length:"), "ambiguous_length"),
    "arabic_digits": (
        post("Content-Length: \u0665".encode()),
        "ambiguous_length",
    ),
    "overflowing_length": (post(b"Content-Length: " + b"9" * 19), "ambiguous_length"),
    # Transfer-Encoding (6.1)
    "gzip_chunked": (post(b"Transfer-Encoding: gzip, chunked"), "transfer_encoding"),
    "identity": (post(b"Transfer-Encoding: identity"), "transfer_encoding"),
    "twice_chunked": (post(TE, TE), "transfer_encoding"),
    "chunked_list": (post(b"Transfer-Encoding: chunked, chunked"), "transfer_encoding"),
    "xchunked": (post(b"Transfer-Encoding: xchunked"), "transfer_encoding"),
    "quoted": (post(b'Transfer-Encoding: "chunked"'), "transfer_encoding"),
    "parameter": (post(b"Transfer-Encoding: chunked;q=1"), "transfer_encoding"),
    "empty_coding": (post(b"Transfer-Encoding:"), "transfer_encoding"),
    "chunked_and_identity": (
        post(TE, b"Transfer-Encoding: identity"),
        "transfer_encoding",
    ),
    "chunked_in_1_0": (post(TE, line=b"POST / HTTP/1.0"), "transfer_encoding"),
    "chunked_behind_raw_space": (
        post(TE, line=b"POST /a b HTTP/1.1"),
        "transfer_encoding",
    ),
    # Framing headers some readers do not see (5.1, 5.2)
    "space_before_colon": (post(b"Content-Length : 5"), "odd_framing_header"),
    "tab_before_colon": (post(b"Transfer-Encoding\t: chunked"), "odd_framing_header"),
    "underscored_name": (post(b"Content_Length: 5"), "odd_framing_header"),
    "eight_bit_name": (post(b"Content-Length\xa0: 5"), "odd_framing_header"),
    "word_before_name": (post(b"X Content-Length: 5"), "odd_framing_header"),
    "missing_colon": (post(b"Content-Length 5"), "odd_framing_header"),
    "colon_before_name": (post(b":Transfer-Encoding: chunked"), "odd_framing_header"),
    "folded_value": (post(b"Content-Length:", b" 5"), "odd_framing_header"),
    "folded_onto_length": (post(CL5, b" 0"), "odd_framing_header"),
    "folded_coding": (post(b"Transfer-Encoding:", b"\tchunked"), "odd_framing_header"),
    "header_in_fold": (post(b"X: a", b" Content-Length: 5"), "odd_framing_header"),
    "named_by_connection": (
        post(CL5, b"Connection: close, Content-Length"),
        "odd_framing_header",
    ),
    "space_before_first": (post(b" Content-Length: 5"), "leading_space"),
    "space_before_first_other": (post(b" X: 5"), "leading_space"),
    # Line ends and controls (2.2, 5.5)
    "bare_cr": (post(b"X: a\rContent-Length: 5"), "bare_cr"),
    "cr_cr_lf": (post(b"X: a\r"), "bare_cr"),
    "cr_here_lf_there": (b"GET / HTTP/1.1\nX: a\rb\r\n\r\n", "bare_cr"),
    "cr_before_line": (b"\rGET / HTTP/1.1\r\n\r\n", "bare_cr"),
    "cr_behind_empty_line": (b"\r\n\rGET / HTTP/1.1\r\n\r\n", "bare_cr"),
    "lf_among_crlf": (post(b"X: a\nContent-Length: 5"), "mixed_line_ends"),
    "lf_lf_behind_crlf": (b"GET / HTTP/1.1\r\nX: a\n\n", "mixed_line_ends"),
    "crlf_among_lf": (post(b"X: a\r", end=b"\n"), "mixed_line_ends"),
    "nul": (post(b"X: a\x00b"), "control_character"),
    "nul_in_length": (post(b"Content-Length: 5\x00"), "control_character"),
    "vertical_tab": (post(b"Transfer-Encoding:\x0bchunked"), "control_character"),
    "form_feed": (post(b"X: a\x0cContent-Length: 5"), "control_character"),
    # Request line (3)
    "http_0_9": (b"GET /client/1\r\n\r\n", "not_http"),
    "http_2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "not_http"),
    "lower_case_version": (post(line=b"GET / http/1.1"), "not_http"),
    "long_version": (post(line=b"GET / HTTP/1.10"), "not_http"),
    "tls": (b"\x16\x03\x01\x02\x00", "not_http"),
    "method_not_token": (post(line=b"GE(T / HTTP/1.1"), "not_http"),
    "method_too_long": (post(line=b"G" * 65 + b" / HTTP/1.1"), "not_http"),
    "no_target": (post(line=b"GET HTTP/1.1"), "odd_request_line"),
    "empty_target": (post(line=b"GET  HTTP/1.1"), "odd_request_line"),
    "two_spaces": (post(line=b"GET  / HTTP/1.1"), "odd_request_line"),
    "space_behind_target": (post(line=b"GET /  HTTP/1.1"), "odd_request_line"),
    "tab": (post(line=b"GET /\ta HTTP/1.1"), "odd_request_line"),
    "two_versions": (post(line=b"GET / HTTP/1.0 HTTP/1.1"), "odd_request_line"),
    "trailing_space": (post(line=b"GET / HTTP/1.1 "), "not_http"),
    # The request method decides about the response
    "lower_case_head": (post(line=b"head / HTTP/1.1"), "odd_method"),
    "lower_case_connect": (post(line=b"Connect h:1 HTTP/1.1"), "odd_method"),
    "override": (post(b"X-HTTP-Method-Override: head"), "odd_method"),
    "override_spaced": (post(b"X-Method-Override : HEAD"), "odd_method"),
    # Content where some expect none (6.3)
    "get_with_length": (post(CL5, line=b"GET / HTTP/1.1"), "unexpected_body"),
    "get_with_chunks": (post(TE, line=b"GET / HTTP/1.1"), "unexpected_body"),
    "head_with_length": (post(CL5, line=b"HEAD / HTTP/1.1"), "unexpected_body"),
    "trace_with_length": (post(CL5, line=b"TRACE / HTTP/1.1"), "unexpected_body"),
    "connect_with_length": (post(CL5, line=b"CONNECT h:1 HTTP/1.1"), "unexpected_body"),
}


@pytest.mark.parametrize(("attack", "reason"), ATTACKS.values(), ids=ATTACKS)
def test_an_ambiguous_request_is_opaque_and_no_exchange(
    attack: bytes, reason: str
) -> None:
    """Neither the request nor what it smuggles is paired with anything."""
    seen = read_any_split([up(attack + SMUGGLED), down(OK + OK)], ended="ude")

    assert seen.reason == reason
    assert seen.exchanges == []
    assert seen.opaque is not None
    assert not seen.opaque.intended


@pytest.mark.parametrize(("attack", "reason"), ATTACKS.values(), ids=ATTACKS)
def test_an_ambiguous_request_does_not_hide_what_was_asked_before(
    attack: bytes, reason: str
) -> None:
    """The page asked for first is still paired with its own response."""
    if attack.startswith(b"\r"):
        attack = attack.lstrip(b"\r\n").replace(b"GET", b"GET\r", 1)
        reason = "bare_cr"

    seen = read_any_split([up(SMUGGLED + attack), down(OK + OK)])

    (exchange,) = seen.exchanges
    assert exchange.request.target == b"/client/1"
    assert exchange.response is not None
    assert exchange.response.body == b"hi"
    assert seen.reason == reason
    assert seen.opaque is not None
    assert (seen.opaque.up, seen.opaque.down) == (len(SMUGGLED), len(OK))


RESPONSES = {
    "length_and_chunked": (post(CL5, TE, line=b"HTTP/1.1 200 OK"), "ambiguous_length"),
    "unequal_lengths": (
        post(CL5, b"Content-Length: 6", line=b"HTTP/1.1 200 OK"),
        "ambiguous_length",
    ),
    "identity": (
        post(b"Transfer-Encoding: identity", line=b"HTTP/1.1 200 OK"),
        "transfer_encoding",
    ),
    "chunked_in_1_0": (post(TE, line=b"HTTP/1.0 200 OK"), "transfer_encoding"),
    "folded_length": (
        post(b"Content-Length:", b" 5", line=b"HTTP/1.1 200 OK"),
        "odd_framing_header",
    ),
    "bare_cr": (post(b"X: a\rY: b", line=b"HTTP/1.1 200 OK"), "bare_cr"),
    "nul": (post(b"X: a\x00", line=b"HTTP/1.1 200 OK"), "control_character"),
    "no_content_with_length": (post(CL5, line=b"HTTP/1.1 204 No"), "unexpected_body"),
    "no_content_chunked": (post(TE, line=b"HTTP/1.1 204 No"), "unexpected_body"),
    "no_content_odd_length": (
        post(b"Content-Length: x", line=b"HTTP/1.1 204 No"),
        "ambiguous_length",
    ),
    "interim_with_length": (post(CL5, line=b"HTTP/1.1 103 Hints"), "unexpected_body"),
    "two_digits": (post(line=b"HTTP/1.1 20 OK"), "odd_status_line"),
    "four_digits": (post(line=b"HTTP/1.1 2000 OK"), "odd_status_line"),
    "no_space": (post(line=b"HTTP/1.1 200OK"), "odd_status_line"),
    "two_spaces": (post(line=b"HTTP/1.1  200 OK"), "odd_status_line"),
    "status_zero": (post(line=b"HTTP/1.1 000 OK"), "odd_status_line"),
    "long_version": (post(line=b"HTTP/1.10 200 OK"), "odd_status_line"),
    "http_0_9": (b"<html>no head at all</html>", "not_http"),
    "icy": (b"ICY 200 OK\r\n\r\n", "not_http"),
    "http_2": (b"HTTP/2 200\r\n\r\n", "not_http"),
    "lower_case": (b"http/1.1 200 OK\r\n\r\n", "not_http"),
}


@pytest.mark.parametrize(("response", "reason"), RESPONSES.values(), ids=RESPONSES)
def test_an_ambiguous_response_leaves_its_requests_without_one(
    response: bytes, reason: str
) -> None:
    """What was asked is recorded; what was answered is opaque, not guessed."""
    seen = read_any_split([up(GET + SMUGGLED), down(response + b"hello" + OK)])

    assert [exchange.request.target for exchange in seen.exchanges] == [
        b"/a",
        b"/client/1",
    ]
    assert [exchange.response for exchange in seen.exchanges] == [None, None]
    assert seen.reason == reason
    assert seen.opaque is not None
    assert seen.opaque.down == 0


CHUNKS = {
    "hex_prefix": (b"0x2\r\nhi\r\n", "chunk_size"),
    "plus": (b"+2\r\nhi\r\n", "chunk_size"),
    "minus": (b"-2\r\nhi\r\n", "chunk_size"),
    "space_in_front": (b" 2\r\nhi\r\n", "chunk_size"),
    "tab_in_front": (b"\t2\r\nhi\r\n", "chunk_size"),
    "underscore": (b"1_0\r\nhi\r\n", "chunk_size"),
    "empty": (b"\r\nhi\r\n", "chunk_size"),
    "letters": (b"2z\r\nhi\r\n", "chunk_size"),
    "inner_space": (b"2 0\r\nhi\r\n", "chunk_size"),
    "overflow_32": (b"100000002\r\nhi\r\n", "chunk_size"),
    "overflow_64": (b"10000000000000002\r\nhi\r\n", "chunk_size"),
    "vertical_tab": (b"2\x0b\r\nhi\r\n", "chunk_size"),
    "lf_line": (b"2\nhi\r\n", "chunk_line"),
    "lf_in_extension": (b"2;a\nb\r\nhi\r\n", "chunk_line"),
    "cr_in_extension": (b"2;a\rb\r\nhi\r\n", "chunk_line"),
    "cr_cr_lf": (b"2\r\r\nhi\r\n", "chunk_line"),
    "open_quote": (b'2;a="b\r\nhi\r\n', "chunk_line"),
    "nul_in_extension": (b"2;a\x00\r\nhi\r\n", "chunk_line"),
    "too_long": (b"2;" + b"a" * 2000, "chunk_line"),
}
LATER_CHUNKS = {
    "no_crlf": (b"2\r\nhi0\r\n\r\n", "chunk_end"),
    "lf_only": (b"2\r\nhi\n0\r\n\r\n", "chunk_end"),
    "cr_only": (b"2\r\nhi\r0\r\n\r\n", "chunk_end"),
    "spill": (b"2\r\nhi!\r\n0\r\n\r\n", "chunk_end"),
    "odd_second": (b"2\r\nhi\r\n0x0\r\n\r\n", "chunk_size"),
    "trailer_length": (b"2\r\nhi\r\n0\r\nContent-Length: 5\r\n\r\n", "odd_trailer"),
    "trailer_lf": (b"2\r\nhi\r\n0\r\nX: 5\n\r\n", "odd_trailer"),
    "trailer_end_lf": (b"2\r\nhi\r\n0\r\n\n", "odd_trailer"),
    "trailer_nul": (b"2\r\nhi\r\n0\r\nX: \x00\r\n\r\n", "odd_trailer"),
    "trailers_too_large": (
        b"2\r\nhi\r\n0\r\n" + b"X: 12345\r\n" * 1000,
        "trailers_too_large",
    ),
}


@pytest.mark.parametrize(
    ("chunks", "reason"),
    [*CHUNKS.values(), *LATER_CHUNKS.values()],
    ids=[*CHUNKS, *LATER_CHUNKS],
)
def test_odd_chunks_cut_the_message_and_stop_the_reading(
    chunks: bytes, reason: str
) -> None:
    """What was sure is kept, with its exchange; what follows is opaque."""
    sure = b"hi" if chunks.startswith(b"2\r\nhi") else b""
    request = post(TE)
    response = post(TE, line=b"HTTP/1.1 200 OK")

    asked = read_any_split([up(request + chunks + SMUGGLED), down(OK + OK)])
    answered = read_any_split([up(GET), down(response + chunks + OK)])

    assert asked.reason == answered.reason == reason
    assert len(asked.exchanges) == len(answered.exchanges) == 1
    assert asked.exchanges[0].request.body == sure
    assert asked.exchanges[0].request.body_state is BodyState.CUT
    assert answered.exchanges[0].response is not None
    assert answered.exchanges[0].response.body == sure
    assert answered.exchanges[0].response.body_state is BodyState.CUT


@pytest.mark.parametrize("extra", [OK, b"x", b"\rX"], ids=["whole", "byte", "cr"])
def test_a_response_nobody_asked_for_is_opaque(extra: bytes) -> None:
    """At the start, behind an answer, and while its request is under way."""
    partly = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"

    for steps, exchanges in (
        ([down(extra)], 0),
        ([up(GET), down(OK + extra)], 1),
        ([up(b"GET /"), down(extra)], 0),
        ([up(partly), down(OK + extra)], 1),
    ):
        seen = read_any_split(steps)

        assert seen.reason == "response_without_request"
        assert len(seen.exchanges) == exchanges


def test_a_response_the_server_did_not_read_the_content_for_is_not_moved() -> None:
    """A server that takes content for a request answers twice: that is seen."""
    carrier = b"POST /static HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED)

    seen = read_any_split([up(carrier + SMUGGLED), down(OK + OK)])

    assert len(seen.exchanges) == 1
    assert seen.reason == "response_without_request"


def test_bytes_after_a_refused_expectation_are_not_guessed() -> None:
    """After a final answer they are content or the next request."""
    refused = post(CL5, b"Expect: 100-continue")

    seen = read_any_split([up(refused), down(OK), up(SMUGGLED), down(OK)])

    (exchange,) = seen.exchanges
    assert exchange.request.body_state is BodyState.CUT
    assert exchange.response is not None
    assert seen.reason == "expect_refused"


def test_a_refused_expectation_alone_is_no_defect() -> None:
    """The client went away, as it may."""
    seen = read_any_split([up(post(CL5, b"Expect: x")), down(OK)], ended="ue")

    assert len(seen.exchanges) == 1
    assert seen.opaque is None


@pytest.mark.parametrize(
    ("limits", "steps", "reason", "exchanges"),
    [
        (Limits(head=40), [up(post(b"X: " + b"a" * 40))], "head_too_large", 0),
        (Limits(head=40), [up(b"GET /" + b"a" * 40)], "head_too_large", 0),
        (
            Limits(head=40),
            [up(GET), down(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 99)],
            "head_too_large",
            1,
        ),
        (Limits(headers=2), [up(post(b"A:", b"B:", b"C:"))], "too_many_headers", 0),
        (Limits(pending=2), [up(GET * 3), down(OK * 3)], "too_many_pending", 2),
        (
            Limits(chunk_line=5),
            [up(GET), down(post(TE, line=b"HTTP/1.1 200 OK") + b"2;abc\r\nhi")],
            "chunk_line",
            1,
        ),
        (
            Limits(trailers=5),
            [up(GET), down(post(TE, line=b"HTTP/1.1 200 OK") + b"0\r\nA: b\r\n\r\n")],
            "trailers_too_large",
            1,
        ),
    ],
)
def test_above_a_bound_the_connection_is_opaque(
    limits: Limits, steps: list[tuple[bool, bytes]], reason: str, exchanges: int
) -> None:
    """The reason names the bound; what came before it is kept."""
    seen = read_any_split(steps, limits=limits)

    assert seen.reason == reason
    assert len(seen.exchanges) == exchanges


def test_at_a_bound_nothing_happens() -> None:
    """Exactly as many bytes, headers and requests as allowed."""
    request = post(b"A:", b"B:", line=b"GET / HTTP/1.1")
    limits = Limits(head=max(len(request), 38), headers=2, pending=2)

    seen = read_any_split([up(request * 2), down(OK * 2)], limits=limits)

    assert len(seen.exchanges) == 2
    assert seen.opaque is None


def test_content_on_get_is_read_when_the_operator_says_so() -> None:
    """For an application that is known to read it."""
    request = post(CL5, line=b"GET / HTTP/1.1") + b"hello"

    seen = read_any_split([up(request), down(OK)], limits=Limits(bodies_on_get=True))

    assert seen.exchanges[0].request.body == b"hello"
    assert seen.opaque is None
