"""Why a connection is not read any further: the decision table of framing.

Each row is something that two readers were found, or are allowed, to read
differently. An employee can write it so that the application reads something
else than we would: a page would be missed, or recorded under the request of
another one. So nothing is guessed, and the connection becomes opaque. Sections
are those of RFC 9112 unless named:

====================================================  =========================
seen                                                  reason
====================================================  =========================
start line not HTTP/1.x, HTTP/0.9, "http/1.1" (3, 4)  not_http
tab, double space, space at either end of target (3)  odd_request_line
status not three digits behind one space (4)          odd_status_line
"head", "Connect", X-HTTP-Method-Override: HEAD       odd_method
bare CR (2.2); NUL and other controls (5.5)           bare_cr, control_character
LF and CRLF in one request head (2.2)                 mixed_line_ends
white space before the first header (2.2)             leading_space
framing header folded, "Content-Length :",            odd_framing_header
"Content_Length", or named by Connection (5.1, 5.2)
Content-Length with Transfer-Encoding (6.1);          ambiguous_length
unequal, signed, spaced, empty lengths (6.3)
Transfer-Encoding not exactly "chunked", repeated,    transfer_encoding
or in HTTP/1.0 (6.1)
content on GET, HEAD, TRACE, CONNECT, 1xx, 204 (6.3)  unexpected_body
chunk framing, see ``chunked`` (7.1)                  chunk_size, chunk_line,
                                                      chunk_end, odd_trailer
bytes after a final answer to Expect (9110 10.1.1)    expect_refused
response that nothing asked for (9.2)                 response_without_request
a bound of ``Limits``                                 head_too_large, ...
101 or CONNECT 2xx (9110 15.2.2, 9.3.6)               upgrade, connect: intended
101 to a request without Upgrade (9110 7.8)           unasked_upgrade
====================================================  =========================

The values are stored with gaps; they are never renamed.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Values of ``Opaque.reason``; the table above has the sections."""

    UPGRADE = "upgrade"
    """101: another protocol from here on, asked for by the client."""
    CONNECT = "connect"
    """2xx to CONNECT: a tunnel from here on."""
    UNASKED_UPGRADE = "unasked_upgrade"
    """101 to a request without Upgrade."""
    NOT_HTTP = "not_http"
    """No HTTP/1 start line: another protocol, HTTP/0.9 or HTTP/2."""
    RESPONSE_WITHOUT_REQUEST = "response_without_request"
    HEAD_CUT = "head_cut"
    """The direction ended in the middle of a head."""
    BARE_CR = "bare_cr"
    CONTROL_CHARACTER = "control_character"
    """NUL or another control character in a head."""
    MIXED_LINE_ENDS = "mixed_line_ends"
    """LF here and CRLF there in one request head."""
    HEAD_TOO_LARGE = "head_too_large"
    TOO_MANY_HEADERS = "too_many_headers"
    TOO_MANY_PENDING = "too_many_pending"
    ODD_REQUEST_LINE = "odd_request_line"
    ODD_METHOD = "odd_method"
    """A method some servers take for HEAD or CONNECT, or an override to one."""
    ODD_STATUS_LINE = "odd_status_line"
    LEADING_SPACE = "leading_space"
    """White space before the first header."""
    ODD_FRAMING_HEADER = "odd_framing_header"
    """Content-Length or Transfer-Encoding written so that some do not see it."""
    AMBIGUOUS_LENGTH = "ambiguous_length"
    """More than one length, or a length that is not plain digits."""
    TRANSFER_ENCODING = "transfer_encoding"
    """Anything but exactly ``chunked``, or in HTTP/1.0."""
    UNEXPECTED_BODY = "unexpected_body"
    """Content where some readers expect none: GET, HEAD, TRACE, CONNECT, 1xx, 204."""
    EXPECT_REFUSED = "expect_refused"
    """Bytes after a final answer to Expect: content or the next request?"""
    CHUNK_SIZE = "chunk_size"
    CHUNK_LINE = "chunk_line"
    """Extensions too long, with unbalanced quotes, or a line end not CRLF."""
    CHUNK_END = "chunk_end"
    """Chunk data not followed by CRLF."""
    TRAILERS_TOO_LARGE = "trailers_too_large"
    ODD_TRAILER = "odd_trailer"
    """A framing header, control character or line end not CRLF in a trailer."""
